import type { Row } from './row.ts';
import { batch } from './rows/batch.ts';
import { bulkEvents } from './rows/bulk-events.ts';
import { exportRows } from './rows/export.ts';
import { featureApply, featureRead } from './rows/feature-loops.ts';
import { grpcStream, grpcUnary } from './rows/grpc.ts';
import { grpcColumns } from './rows/grpc-columns.ts';
import { httpScore } from './rows/http-score.ts';
import { kafkaRows } from './rows/kafka.ts';
import { replay } from './rows/replay.ts';
import { restart } from './rows/restart.ts';
import { scoringLoop } from './rows/scoring-loop.ts';
import { simulate } from './rows/simulate.ts';
import { singleEvent } from './rows/single-event.ts';

/** Every row, in the order of the report. */
export const ROWS: readonly Row[] = [
  httpScore,
  batch,
  grpcUnary,
  grpcStream,
  grpcColumns,
  singleEvent,
  bulkEvents,
  replay,
  exportRows,
  simulate,
  restart,
  ...kafkaRows,
  scoringLoop(64),
  scoringLoop(256),
  featureApply('hot'),
  featureApply('cold'),
  featureRead('hot'),
  featureRead('cold'),
];

/** Rows that a service which runs already can be measured by; those that write to it apart. */
export const readingRows: readonly Row[] = [httpScore, batch];
export const writingRows: readonly Row[] = [singleEvent, bulkEvents];
export const grpcRows: readonly Row[] = [grpcUnary, grpcStream];
