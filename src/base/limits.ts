/** Every bound of the service in one place, each with its because. Relations are asserted at the end. */
const DEFAULTS = {
  /** Default body bound: 500 events of 2 KiB each fit. */
  bodyBytesMax: 1024 * 1024,
  /** More events a request would hold the loop for over 1 ms. */
  eventsPerRequestMax: 500,
  /** 10,000 ids of 64 bytes fit into the body bound. */
  customersPerRequestMax: 10_000,
  /** Ids are kept as bytes beside the rows; longer ones are almost always a bug of the producer. */
  idBytesMax: 256,
  /** A single event: four times what the largest order of real data needs. */
  eventBytesMax: 256 * 1024,
  /** Lines of one order: the largest real invoices have some 1,100; many more would not fit into an event. */
  linesPerOrderMax: 4000,
  /** CloudEvents extension attributes of one event, and the bytes of one; tracestate needs 512. */
  extensionsMax: 32,
  extensionBytesMax: 1024,
  /** Nesting of a body: no schema of ours is deeper than 6; recursion stays far from the stack's end. */
  jsonDepthMax: 64,
  /** Clocks of producers drift by seconds; a time further ahead is a wrong time zone or a bug. */
  eventAheadMsMax: 5 * 60 * 1000,
  /** Forward questions beyond a year are beyond every window and half-life. */
  askAheadMsMax: 366 * 24 * 3600 * 1000,
  /** Default number of shards, equal to the partitions of the log topic on Kafka. */
  shards: 16,
  /** WebAssembly's own bound on a memory: 65,536 pages of 64 KiB. */
  shardPagesMax: 65_536,
  /** Rows of one ONNX run: a larger one would hold the loop for over about 1 ms. */
  scoreChunkRows: 64,
  /** A batch with more customers goes to the worker pool, where a hop (~0.1 ms) is small against the work. */
  inlineBatchCustomersMax: 256,
  /** Columns take a tenth of the time of decisions, so that their hop is small later; the loop turns after each chunk. */
  inlineColumnsCustomersMax: 1024,
  /** Customers of columns that may wait on the loop, some 10 ms of work; what comes then goes to the worker pool too. */
  inlineColumnsWaitingMax: 4096,
  /** Bytes of a request of inference over HTTP: 1,000 rows of a wide model, written as JSON. */
  inferBytesMax: 8 * 1024 * 1024,
  /** A body that is refused for its size is still read, and thrown away, up to here: a caller who sends on sees the answer, not a reset. */
  refusedBodyBytesMax: 16 * 1024 * 1024,
  /** Questions of one gRPC stream under way: some turns of the loop; a caller who sends more waits. */
  streamQuestionsMax: 1024,
  /** Messages of one gRPC stream of events that wait for the log; a caller who sends more waits. */
  streamGroupsMax: 16,
  /** Candidates that one answer names; a person looks at fewer, and their order is kept by shifting. */
  rankedMax: 100,
  /** A reader retries a row this often before it joins the next turn of the loop. */
  seqlockRetriesMax: 64,
  /** Dedupe window, by age and by number of ids a shard. */
  dedupeWindowMs: 7 * 24 * 3600 * 1000,
  dedupeIdsPerShardMax: 1_000_000,
  /** Events that may wait for the writer; beyond, new ones are refused with OVERLOADED. */
  pendingEventsMax: 50_000,
  /** Records of one group commit: keeps a commit and the apply after it below about 20 ms. */
  groupEventsMax: 10_000,
  /** Bytes of one group commit, for the same reason; a larger single chunk is a group of its own. */
  groupBytesMax: 4 * 1024 * 1024,
  /** Whole request, from its first byte to its last; slower clients hold sockets for nothing. */
  requestTimeoutMs: 10_000,
  /** A state further behind a log that others write to answers from what is no longer true. */
  logLagSecMax: 60,
  /** Rows kept in memory, spread evenly over the shards; 0 for all. Memory is cheap next to reading rows from disk. */
  rowsMax: 0,
  /** Cold rows that a serving thread keeps: some 1.5 KiB each. */
  coldRowsRememberedMax: 10_000,
  /** Customers that the stream scores between two writes to its outbox: some 10 ms of work, and one sync. */
  streamBatchCustomersMax: 512,
  /** Events that the stream goes back for when it is first asked for: what came before is history. */
  streamBacklogEventsMax: 100_000,
  /** Messages of the stream that are kept for those who come back: some 600 bytes each. */
  streamMessagesMax: 100_000,
  /** Messages of one page, and those that are looked at for it. */
  streamPageMax: 1000,
  /** Followers of the stream on one serving thread: each costs a look at the outbox ten times a second. */
  streamFollowersMax: 256,
  /** Bytes that wait for one follower; a slower one is read for no further. */
  streamBufferBytesMax: 256 * 1024,
  /** A follower that has taken nothing for this long while something waits is cut off; it comes back by cursor. */
  streamStallMsMax: 30_000,
  /** Copies of pages that change while a checkpoint is made; beyond, it is given up. As large as some 10 million rows need. */
  checkpointCopyBytesMax: 2 * 1024 * 1024 * 1024,
  /** A shorter tail of the log is folded faster than a checkpoint is written. */
  checkpointTailEventsMin: 10_000,
  /** Keys of one group table in one shard; the rest share the key `other`. */
  groupKeysPerShardMax: 65_536,
} as const;

export type Limits = { readonly [name in keyof typeof DEFAULTS]: number };

const inForce: { -readonly [name in keyof Limits]: number } = { ...DEFAULTS };

/** The bounds in force. */
export const LIMITS: Limits = inForce;

/**
 * Puts the bounds of a configuration in force. Each thread calls it once, before it reads any of them.
 * @throws Error where they contradict each other
 */
export const setLimits = (bounds: Partial<Limits>): void => {
  Object.assign(inForce, bounds);
  const holds: readonly [boolean, string][] = [
    [LIMITS.eventBytesMax <= LIMITS.bodyBytesMax, 'an event fits into a body'],
    [LIMITS.eventsPerRequestMax <= LIMITS.groupEventsMax, 'a request fits into a group'],
    [LIMITS.groupEventsMax <= LIMITS.pendingEventsMax, 'a group fits into the queue'],
    [LIMITS.scoreChunkRows <= LIMITS.inlineBatchCustomersMax, 'a chunk fits into an inline batch'],
    [LIMITS.inlineColumnsCustomersMax <= LIMITS.inlineColumnsWaitingMax, 'an inline batch of columns may wait'],
  ];
  for (const [ok, relation] of holds) if (!ok) throw new Error(`limits contradict each other: ${relation}`);
};

setLimits(DEFAULTS);
