/** The ceiling of events: JSON.parse alone over the same bytes, one thread. */
import { readFileSync } from 'node:fs';
import { answerQuestions, runFor } from '../child-side.ts';
import { type TrafficKind, trafficOf } from '../traffic/kinds.ts';

const BODIES = 500;
const LINES_MAX = 200_000;
const LINES_PER_PIECE = 1000;

let texts: Buffer[] = [];
let unitsPerText = 1;
let position = 0;

const openBodies = (kind: TrafficKind): void => {
  const traffic = trafficOf(kind);
  unitsPerText = traffic.unitsPerRequest;
  texts = Array.from({ length: BODIES }, () => Buffer.from(traffic.next().body));
};

const openLines = (path: string): void => {
  const bytes = readFileSync(path);
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0 && texts.length < LINES_MAX; end = bytes.indexOf(10, start)) {
    texts.push(bytes.subarray(start, end));
    start = end + 1;
  }
};

const parse = (durationMs: number) => {
  const perPiece = Math.max(1, LINES_PER_PIECE / unitsPerText);
  let objects = 0;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    for (let i = 0; i < perPiece; i++) {
      if (typeof JSON.parse(texts[position].toString()) === 'object') objects++;
      position = (position + 1) % texts.length;
    }
  });
  if (objects !== pieces * perPiece) throw new Error('what was parsed is no object');
  return { work: objects * unitsPerText, wallSec, cpuSec, checked: 0, wrong: [], wrongCount: 0 };
};

answerQuestions({ openBodies, openLines, parse });
