/** One record of a file while it is read: its cells, and what is wrong with them. */
export class Row {
  readonly cells: readonly string[];
  /** Where it begins, the first line of the file being 1. */
  readonly line: number;
  readonly problems: RowProblem[] = [];

  constructor(cells: readonly string[], line: number) {
    this.cells = cells;
    this.line = line;
  }

  /** @returns undefined, so that a cell that cannot be read is one that is not there */
  wrong(column: string, why: string): undefined {
    this.problems.push({ column, why });
  }
}

interface RowProblem {
  /** Empty where it is the row as a whole. */
  readonly column: string;
  readonly why: string;
}
