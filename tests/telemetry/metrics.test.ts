import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { measures } from '../../src/base/measures.ts';
import { createMetrics, type Metrics, metricsText, type SharedFacts } from '../../src/telemetry/metrics.ts';

const started = (t: TestContext, thread: string, shared?: SharedFacts): Metrics => {
  const metrics = createMetrics(thread, shared);
  t.after(() => metrics.close());
  return metrics;
};

const FACTS: SharedFacts = {
  shards: () => [
    { residents: 3, coldCustomers: 1, evictions: 9, bytes: 1024 },
    { residents: 5, coldCustomers: 0, evictions: 0, bytes: 2048 },
  ],
  pendingEvents: () => 7,
  logOffset: () => 41,
};

/** Values by name with labels, as a scraper reads them. */
const read = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

test('what the domain publishes is counted', async (t) => {
  const metrics = started(t, 'main');
  measures.request.publish({ route: '/v1/score', method: 'POST', status: 200, durationMs: 0.4 });
  measures.request.publish({ route: '/v1/score', method: 'POST', status: 200, durationMs: 3 });
  measures.request.publish({ route: '/v1/score', method: 'POST', status: 503, durationMs: 5000 });
  measures.group.publish({ events: 9, duplicates: 2, corrections: 1, lateSecs: [30, 7200] });
  measures.rejection.publish({ code: 'EVENT_TYPE_UNKNOWN', events: 4 });
  for (const isRemembered of [true, true, false]) measures.coldRead.publish({ isRemembered });
  measures.commit.publish({ events: 11, bytes: 3300, durationMs: 0.3 });
  measures.apply.publish({ events: 11, durationMs: 0.05 });
  measures.inferenceRun.publish({ head: 'repurchase', rows: 64, failedRows: 1, durationMs: 0.2 });
  const values = read(await metricsText([await metrics.part()]));
  const seconds = (part: string, labels: string): number | undefined =>
    values.get(`beckon_http_request_seconds_${part}{${labels}route="/v1/score",method="POST",status="200"}`);
  assert.equal(seconds('bucket', 'le="0.0002",'), 0);
  assert.equal(seconds('bucket', 'le="0.0005",'), 1);
  assert.equal(seconds('bucket', 'le="0.005",'), 2);
  assert.equal(seconds('bucket', 'le="+Inf",'), 2);
  assert.equal(seconds('count', ''), 2);
  assert.ok(Math.abs((seconds('sum', '') as number) - 0.0034) < 1e-9);
  assert.equal(values.get('beckon_http_request_seconds_count{route="/v1/score",method="POST",status="503"}'), 1);
  assert.equal(values.get('beckon_events_total{result="accepted"}'), 9);
  assert.equal(values.get('beckon_events_total{result="duplicate"}'), 2);
  assert.equal(values.get('beckon_events_rejected_total{code="EVENT_TYPE_UNKNOWN"}'), 4);
  assert.equal(values.get('beckon_cold_reads_total{from="cache"}'), 2);
  assert.equal(values.get('beckon_cold_reads_total{from="database"}'), 1);
  assert.equal(values.get('beckon_event_late_seconds_bucket{le="60"}'), 1);
  assert.equal(values.get('beckon_event_late_seconds_count'), 2);
  assert.equal(values.get('beckon_event_corrections_total'), 1);
  assert.equal(values.get('beckon_commit_events_sum'), 11);
  assert.equal(values.get('beckon_commit_bytes_total'), 3300);
  assert.equal(values.get('beckon_apply_seconds_count'), 1);
  assert.equal(values.get('beckon_inference_run_rows_sum{head="repurchase"}'), 64);
  assert.equal(values.get('beckon_inference_failed_rows_total{head="repurchase"}'), 1);
});

test('threads are added up, and what all share is told once', async (t) => {
  const main = started(t, 'main', FACTS);
  const serving = started(t, 'serving-1');
  // Both listen in this one process, so each has counted it.
  measures.rejection.publish({ code: 'EVENT_DATA_INVALID', events: 2 });
  const parts = [await main.part(), structuredClone(await serving.part())];
  const values = read(await metricsText(parts));
  assert.equal(values.get('beckon_events_rejected_total{code="EVENT_DATA_INVALID"}'), 4);
  assert.equal(values.get('beckon_customers{shard="1"}'), 5);
  assert.equal(values.get('beckon_shard_bytes{shard="0"}'), 1024);
  assert.equal(values.get('beckon_customers{shard="0"}'), 4);
  assert.equal(values.get('beckon_rows_resident{shard="0"}'), 3);
  assert.equal(values.get('beckon_rows_cold{shard="0"}'), 1);
  assert.equal(values.get('beckon_evictions_total{shard="0"}'), 9);
  assert.equal(values.get('beckon_pending_events'), 7);
  assert.equal(values.get('beckon_log_offset'), 41);
  assert.ok((values.get('process_resident_memory_bytes') as number) > 1e6);
  for (const thread of ['main', 'serving-1'])
    assert.ok(values.has(`beckon_event_loop_delay_seconds{thread="${thread}",quantile="0.99"}`), thread);
});

test('after close nothing is counted any more', async () => {
  const metrics = createMetrics('main');
  metrics.close();
  assert.equal(measures.request.hasSubscribers, false);
  assert.deepEqual(await metrics.part(), []);
});
