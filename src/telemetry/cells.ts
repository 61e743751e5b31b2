import type { Metric, Registry } from 'prom-client';

/**
 * Counters and histograms that cost an addition: prom-client's own build a key from the labels at every observation
 * (1-2 µs). These are asked for their values when somebody scrapes, in the form that prom-client's registry reads.
 */

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

abstract class CellMetric<Cell> {
  readonly name: string;
  readonly help: string;
  readonly aggregator = 'sum';
  abstract readonly type: 'counter' | 'histogram';
  readonly #cells: { readonly labels: Labels; readonly cell: Cell }[] = [];

  constructor(registry: Registry, name: string, help: string) {
    this.name = name;
    this.help = help;
    registry.registerMetric(this as unknown as Metric);
  }

  protected abstract make(): Cell;
  protected abstract samples(cell: Cell, labels: Labels): Sample[];

  /** The cell of a new combination of labels; whoever asks keeps it. */
  cell(labels: Labels = {}): Cell {
    const cell = this.make();
    this.#cells.push({ labels, cell });
    return cell;
  }

  /** As prom-client's registry asks for it. */
  get() {
    const { name, help, type, aggregator } = this;
    return {
      name,
      help,
      type,
      aggregator,
      values: this.#cells.flatMap(({ cell, labels }) => this.samples(cell, labels)),
    };
  }
}

export interface CounterCell {
  value: number;
}

export class CellCounter extends CellMetric<CounterCell> {
  readonly type = 'counter';

  protected make(): CounterCell {
    return { value: 0 };
  }

  protected samples({ value }: CounterCell, labels: Labels): Sample[] {
    return [{ labels, value }];
  }
}

export class HistogramCell {
  readonly counts: Float64Array;
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let i = 0;
    while (i < this.#bounds.length && value > this.#bounds[i]) i++;
    this.counts[i]++;
    this.sum += value;
  }
}

export class CellHistogram extends CellMetric<HistogramCell> {
  readonly type = 'histogram';
  readonly #bounds: readonly number[];

  /** @param bounds upper bounds of the buckets, rising. */
  constructor(registry: Registry, name: string, help: string, bounds: readonly number[]) {
    super(registry, name, help);
    this.#bounds = bounds;
  }

  protected make(): HistogramCell {
    return new HistogramCell(this.#bounds);
  }

  protected samples({ counts, sum }: HistogramCell, labels: Labels): Sample[] {
    let below = 0;
    const samples: Sample[] = [];
    for (let i = 0; i < counts.length; i++) {
      below += counts[i];
      const le = i < this.#bounds.length ? this.#bounds[i] : '+Inf';
      samples.push({ metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: below });
    }
    samples.push({ metricName: `${this.name}_sum`, labels, value: sum });
    samples.push({ metricName: `${this.name}_count`, labels, value: below });
    return samples;
  }
}
