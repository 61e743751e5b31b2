import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../bench/report.ts';
import { reportPage } from '../../bench/report-page.ts';
import { resultOf } from '../../bench/result.ts';
import type { Row } from '../../bench/row.ts';
import { FULL } from '../../bench/size.ts';
import { PERCENTILES } from '../../load-tests/open-loop/percentiles.ts';
import type { SideResult } from '../../load-tests/open-loop/sides.ts';

const row: Row = {
  name: 'http-<score>',
  product: 'product & more',
  ceiling: 'ceiling',
  unit: 'requests',
  bar: { kind: 'ratio', pass: 0.6 },
  isPromised: true,
  open: () => Promise.reject(new Error('never opened')),
};
const sample = { work: 1000, wallSec: 1, cpuSec: 1, checked: 1, wrong: [], wrongCount: 0 };
const side = (name: string): SideResult => ({
  name,
  ratePerSec: 100,
  runs: [],
  latency: PERCENTILES.map((_, i) => (i + 1) / 10),
  latePart: 0,
  isVoid: false,
  wrongCount: 0,
  wrong: [],
  besidePerSec: 0,
  waitPart: 0.01,
});
const point = { residentBytes: 1100, countedBytes: 1080, allowedBytes: 1120, restartSec: 1.5, restartCeilingSec: 1 };

const report: Report = {
  machine: {
    commit: 'abc1234',
    node: 'v24.0.0',
    cpu: 'a CPU',
    cores: 2,
    memoryGb: 24,
    loadAverage: 0.1,
    startedAt: '2026-11-22T00:00:00Z',
  },
  loadAverageAtEnd: 0.2,
  placement: 'server on core 0',
  durability: 'on disk',
  schedule: 'closed loop',
  payload: 'pack retail',
  dataSet: '1000 people',
  size: FULL,
  results: [resultOf({ row, notes: [], ceilings: [sample, sample], products: [sample, { ...sample, wallSec: 2 }] })],
  latency: [{ name: 'half of the maximum', sides: [side('canned control'), side('service')] }],
  visible: { events: 100, atOnce: 99, latency: PERCENTILES.map((_, i) => i + 1) },
  sizes: [
    { customers: 10_000, ...point },
    { customers: 1_000_000, ...point },
  ],
  profiles: [{ name: 'score', folder: 'f', threads: [{ busySec: 2, top: [{ name: 'routing <a>', part: 0.25 }] }] }],
};

test('the page says what it measured, where and how, and shows a picture of each part', () => {
  const page = reportPage(report);
  for (const said of [
    'abc1234',
    'v24.0.0',
    'a CPU',
    'server on core 0',
    'closed loop',
    'pack retail',
    '1000 people',
    'on disk',
  ])
    assert.ok(page.includes(said), said);
  assert.equal(page.match(/<svg/g)?.length, 3);
  for (const said of [
    'http-&lt;score&gt;',
    'product &amp; more',
    'routing &lt;a&gt;',
    '25.0 %',
    'canned control',
    '1,000,000',
  ])
    assert.ok(page.includes(said), said);
  assert.doesNotMatch(page, /NaN|undefined|<score>|<a>/);
});

test('parts that were not measured are left out', () => {
  const page = reportPage({ ...report, results: [], latency: [], visible: undefined, sizes: [], profiles: [] });
  assert.doesNotMatch(page, /<svg|<h2/);
});
