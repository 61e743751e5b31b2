/** One request: the body that goes out, and what its answer must show. */
export interface Asked {
  readonly body: string;
  /** @returns what is wrong with the answer, undefined where nothing is */
  readonly problem: (answer: string) => string | undefined;
}

/** An endless row of requests of one kind, no two alike. */
export interface Traffic {
  readonly path: string;
  readonly contentType: string;
  /** Units of work in one request: 100 where its body has 100 events. */
  readonly unitsPerRequest: number;
  next(): Asked;
}
