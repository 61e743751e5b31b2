import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PlanReport } from './prove-child.ts';

/** More bundles than a data directory sees in years. */
const PROVEN_MAX = 1000;

/**
 * What came of proving bundles on this machine, by key, in a JSON file. It only saves time: a file that is missing or
 * damaged is as good as an empty one, and one that cannot be written is left alone.
 */
export class ProofCache {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  get(key: string): PlanReport | undefined {
    return this.#read().get(key);
  }

  set(key: string, outcome: PlanReport): void {
    const known = this.#read();
    known.delete(key);
    const proven = Object.fromEntries([...known, [key, outcome]].slice(-PROVEN_MAX));
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(temporary, JSON.stringify({ proven }));
      renameSync(temporary, this.#path);
    } catch {
      // The next start proves again.
    }
  }

  #read(): Map<string, PlanReport> {
    try {
      const { proven } = JSON.parse(readFileSync(this.#path, 'utf8'));
      const outcomes = Array.isArray(proven) ? [] : Object.entries(proven);
      // What an earlier version has written says less, and is proven again.
      return new Map(outcomes.filter((entry): entry is [string, PlanReport] => isReport(entry[1])));
    } catch {
      return new Map();
    }
  }
}

const isReport = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
