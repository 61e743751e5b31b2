import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { ExportRow } from './export.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { SaidColumn, SaidValue } from './said-columns.ts';

/**
 * Rows of one group: with 100 features some 16 MiB while it is written, and large enough that readers skip and compress
 * well.
 */
const GROUP_ROWS = 10_000;

type Source = Parameters<ParquetWriter['write']>[0]['columnData'][number];

/**
 * The door of hyparquet-writer: rows as Parquet, one row group in memory at a time. `customerId` is a string, `at` a
 * UTC timestamp in ms, what an event says a string or a double that is
 * null where it does not, a feature a double, a label an int32 that is null where it is not known.
 */
export class ParquetEncoder implements RowEncoder {
  private readonly bytes = new ByteWriter();
  private readonly writer: ParquetWriter;
  private readonly columns: readonly Source[];
  private readonly customerIds: string[];
  private readonly times: number[];
  private readonly said: readonly (SaidValue | null)[][];
  private readonly features: readonly Float64Array[];
  private readonly labels: readonly (number | null)[][];
  private rows = 0;

  constructor(
    said: readonly SaidColumn[],
    features: readonly string[],
    labels: readonly string[],
    groupRows = GROUP_ROWS,
  ) {
    this.customerIds = new Array<string>(groupRows).fill('');
    this.times = new Array<number>(groupRows).fill(0);
    this.said = said.map(() => new Array<SaidValue | null>(groupRows).fill(null));
    this.features = features.map(() => new Float64Array(groupRows));
    this.labels = labels.map(() => new Array<number | null>(groupRows).fill(null));
    const column = (name: string, type: Source['type'], data: Source['data'], nullable = false): Source => ({
      name,
      type,
      data,
      nullable,
    });
    this.columns = [
      column('customerId', 'STRING', this.customerIds),
      column('at', 'TIMESTAMP', this.times),
      ...said.map(({ name, isNumber }, i) => column(name, isNumber ? 'DOUBLE' : 'STRING', this.said[i], true)),
      ...features.map((name, i) => column(name, 'DOUBLE', this.features[i])),
      ...labels.map((name, i) => column(name, 'INT32', this.labels[i], true)),
    ];
    const schema = schemaFromColumnData({ columnData: [...this.columns] });
    this.writer = new ParquetWriter({ writer: this.bytes, schema, createdBy: 'beckon' });
  }

  add({ customerId, atMs, said, features, labels }: ExportRow): Uint8Array | undefined {
    const row = this.rows++;
    this.customerIds[row] = customerId;
    this.times[row] = atMs;
    for (let i = 0; i < said.length; i++) this.said[i][row] = said[i] ?? null;
    for (let i = 0; i < features.length; i++) this.features[i][row] = features[i];
    for (let i = 0; i < labels.length; i++) this.labels[i][row] = labels[i] ?? null;
    if (this.rows < this.customerIds.length) return undefined;
    this.writeGroup();
    return this.take();
  }

  end(): Uint8Array {
    if (this.rows > 0) this.writeGroup();
    this.writer.finish();
    return this.take();
  }

  private writeGroup(): void {
    const { rows } = this;
    this.rows = 0;
    const columnData = this.columns.map((column) => ({ ...column, data: column.data.slice(0, rows) }));
    this.writer.write({ columnData, rowGroupSize: rows });
  }

  /** The bytes made since the last call; the buffer is used again. */
  private take(): Uint8Array {
    const piece = this.bytes.getBytes().slice();
    this.bytes.index = 0;
    return piece;
  }
}
