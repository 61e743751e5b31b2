/**
 * The one table of errors. A code is part of the contract: it never changes its meaning, and each door
 * (HTTP, gRPC, command line) reads its own column here.
 */
interface ErrorKind {
  /** HTTP status. */
  readonly status: number;
  /** Canonical gRPC status name. */
  readonly grpc: string;
  /** True when the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** One sentence for the reader of the documentation. */
  readonly title: string;
}

const kind = (status: number, grpc: string, retryable: boolean, title: string): ErrorKind => ({
  status,
  grpc,
  retryable,
  title,
});

export const ERRORS = {
  // The request as a whole
  MALFORMED_JSON: kind(400, 'INVALID_ARGUMENT', false, 'The body is not valid JSON.'),
  REQUEST_INVALID: kind(400, 'INVALID_ARGUMENT', false, 'The request does not fit the schema of the route.'),
  JSON_TOO_DEEP: kind(400, 'INVALID_ARGUMENT', false, 'The body is nested deeper than the limit.'),
  CONTENT_TYPE_UNSUPPORTED: kind(415, 'INVALID_ARGUMENT', false, 'The content type is not one that the route reads.'),
  BODY_TOO_LARGE: kind(413, 'RESOURCE_EXHAUSTED', false, 'The body is larger than the limit.'),
  BATCH_TOO_LARGE: kind(413, 'RESOURCE_EXHAUSTED', false, 'The request holds more items than the limit.'),
  HEADERS_TOO_LARGE: kind(
    431,
    'RESOURCE_EXHAUSTED',
    false,
    'The request line or its headers are larger than the limit.',
  ),
  REQUEST_TIMEOUT: kind(408, 'DEADLINE_EXCEEDED', true, 'The request did not arrive within the time limit.'),
  ROUTE_UNKNOWN: kind(404, 'UNIMPLEMENTED', false, 'There is no such route.'),
  // Events
  EVENT_ATTRIBUTE_MISSING: kind(400, 'INVALID_ARGUMENT', false, 'A required CloudEvents attribute is missing.'),
  EVENT_ATTRIBUTE_INVALID: kind(400, 'INVALID_ARGUMENT', false, 'A CloudEvents attribute has a wrong type or form.'),
  EVENT_TYPE_UNKNOWN: kind(400, 'INVALID_ARGUMENT', false, 'The event type is not in the catalogue.'),
  EVENT_TYPE_RESERVED: kind(400, 'INVALID_ARGUMENT', false, 'Events of this type are made by Beckon itself.'),
  EVENT_SCHEMA_UNKNOWN: kind(400, 'INVALID_ARGUMENT', false, 'The dataschema is not one of ours.'),
  EVENT_DATA_INVALID: kind(400, 'INVALID_ARGUMENT', false, 'The data does not fit the schema of the event type.'),
  EVENT_FROM_FUTURE: kind(
    400,
    'INVALID_ARGUMENT',
    false,
    'The event time is more than 5 minutes ahead of the log time.',
  ),
  EVENT_TOO_LARGE: kind(413, 'RESOURCE_EXHAUSTED', false, 'The event is larger than the limit.'),
  EVENT_NOT_APPLIED: kind(
    500,
    'INTERNAL',
    false,
    'An event of the log could not be applied; it is in the dead letters.',
  ),
  EVENT_REJECTED: kind(400, 'INVALID_ARGUMENT', false, 'None of the events could be accepted; each item says why.'),
  EVENT_MISPLACED: kind(
    400,
    'INVALID_ARGUMENT',
    false,
    'A message of the log topic is not in the partition of its subject.',
  ),
  // Customers and scoring
  CUSTOMER_UNKNOWN: kind(404, 'NOT_FOUND', false, 'No event has named this customer.'),
  MODEL_UNKNOWN: kind(
    404,
    'NOT_FOUND',
    false,
    'The pack has no head of this name, or it is served in another version.',
  ),
  CAMPAIGN_UNKNOWN: kind(404, 'NOT_FOUND', false, 'The pack has no such campaign.'),
  AT_BEFORE_STATE: kind(
    422,
    'FAILED_PRECONDITION',
    false,
    'The time asked for is before the last event of the customer.',
  ),
  AT_TOO_FAR: kind(422, 'OUT_OF_RANGE', false, 'The time asked for is more than a year ahead.'),
  // Stream
  CURSOR_EXPIRED: kind(410, 'OUT_OF_RANGE', false, 'What came after the cursor is kept no longer.'),
  STREAM_UNAVAILABLE: kind(503, 'UNAVAILABLE', true, 'The stream of decisions is switched off, starting or stopped.'),
  // Service
  CLOCK_IS_WALL: kind(409, 'FAILED_PRECONDITION', false, "Only the log's clock can be moved."),
  LOOPBACK_ONLY: kind(403, 'PERMISSION_DENIED', false, 'Only the machine itself may do this.'),
  OVERLOADED: kind(503, 'UNAVAILABLE', true, 'The service has as much work as it can finish in time.'),
  SHUTTING_DOWN: kind(503, 'UNAVAILABLE', true, 'The service is stopping.'),
  NOT_READY: kind(503, 'UNAVAILABLE', true, 'The service has not caught up with its log yet.'),
  LOG_UNAVAILABLE: kind(503, 'UNAVAILABLE', true, 'The log cannot be written; the event was not accepted.'),
  INTERNAL: kind(500, 'INTERNAL', false, 'Internal error; the log holds the cause.'),
  // Starting and commands
  CONFIG_INVALID: kind(500, 'FAILED_PRECONDITION', false, 'The configuration cannot be used.'),
  ADDRESS_UNAVAILABLE: kind(500, 'FAILED_PRECONDITION', true, 'The address cannot be listened on.'),
  PACK_INVALID: kind(422, 'FAILED_PRECONDITION', false, 'The pack cannot be used.'),
  PACK_REFUSED: kind(
    422,
    'FAILED_PRECONDITION',
    false,
    'The pack by itself is right, but cannot take the place of the one in force.',
  ),
  PACK_CHANGING: kind(409, 'ABORTED', true, 'Another change of the pack is under way.'),
  BUNDLE_REFUSED: kind(422, 'FAILED_PRECONDITION', false, 'The model bundle was refused.'),
  DATA_DIR_LOCKED: kind(500, 'FAILED_PRECONDITION', true, 'Another process uses the data directory.'),
  DATA_FORMAT_UNSUPPORTED: kind(
    500,
    'FAILED_PRECONDITION',
    false,
    'The data directory was written in a format that this version cannot read.',
  ),
  LOG_DAMAGED: kind(500, 'DATA_LOSS', false, 'A group of the log does not match its checksum.'),
  LOG_TOPIC_REFUSED: kind(500, 'FAILED_PRECONDITION', false, 'The Kafka topic cannot be the log.'),
  LOG_PARTITIONS_CHANGED: kind(
    500,
    'FAILED_PRECONDITION',
    false,
    'The Kafka topic of the log has another number of partitions than the service has shards.',
  ),
  LOG_TRIMMED: kind(
    422,
    'OUT_OF_RANGE',
    false,
    'The log does not go back as far as was asked for; what came before was trimmed.',
  ),
  STATE_FULL: kind(503, 'RESOURCE_EXHAUSTED', false, 'A shard has reached the size that its memory can hold.'),
  FILE_UNREADABLE: kind(400, 'INVALID_ARGUMENT', false, 'A file cannot be read as what it was said to be.'),
  FILE_UNWRITABLE: kind(500, 'FAILED_PRECONDITION', false, 'A file cannot be written.'),
  USAGE: kind(400, 'INVALID_ARGUMENT', false, 'The command was called wrongly.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An error whose code and message may be shown to the caller. Everything else is shown as INTERNAL. */
export class BeckonError extends Error {
  override readonly name = 'BeckonError';
  readonly code: ErrorCode;
  /** Machine-readable facts for the caller, such as the limit that was passed. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }
}
