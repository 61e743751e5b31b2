import type { Change, PackDiff } from './pack-diff.ts';

/** A pack that is to take the place of the one in force, while the service runs. */
export interface PackChangeAsk {
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Versions of model bundles that the service must have, by head. */
  readonly heads?: Readonly<Record<string, string>>;
  /** Only tell what would change. */
  readonly isDryRun: boolean;
}

/** What one pack would change in the place of another, heads included. */
export interface PackDifference extends PackDiff {
  readonly heads: readonly Change[];
}

/** What a change of the pack does, or would do. */
export interface PackChange {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** What was in force before. */
  readonly before: { readonly version: string; readonly sha256: string };
  /** False after a dry run, and where the very same pack was in force already. */
  readonly applied: boolean;
  readonly difference: PackDifference;
  /** Whether the state is made anew from the log; otherwise every row stays as it is. */
  readonly refold: boolean;
  /** Features that are filled from the log: with the values that they would have if they had always been declared. */
  readonly filled: readonly string[];
  /** Why it could not be applied; only told by a dry run, because otherwise it is refused. */
  readonly problems: readonly string[];
  /** What should be known before: sentences. */
  readonly notes: readonly string[];
  /** Of the `pack.changed` in the log. */
  readonly logOffset?: number;
}

/** How far a change of the pack has come. */
export interface PackChangeProgress {
  readonly underWay: boolean;
  /** While the state is made anew: events folded, of how many. */
  readonly folded?: number;
  readonly events?: number;
}
