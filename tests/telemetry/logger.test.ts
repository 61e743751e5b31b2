import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger, customerHasher, newLogKey } from '../../src/telemetry/logger.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('a line is one JSON object with its level as a word, and is written when flush returns', async (t) => {
  const target = join(tempFolder(t), 'log');
  const logger = createLogger({ level: 'info', thread: 'serving-1', target });
  logger.debug({ hidden: true }, 'not shown');
  logger.info({ http: '127.0.0.1:8080' }, 'ready');
  logger.warn({}, 'line\nbreak');
  while (readFileSync(target, { flag: 'a+' }).length === 0) {
    await new Promise(setImmediate);
    logger.flush();
  }
  const [ready, warning, end] = readFileSync(target, 'utf8').split('\n');
  const { time, ...rest } = JSON.parse(ready);
  assert.deepEqual(rest, { level: 'info', thread: 'serving-1', http: '127.0.0.1:8080', msg: 'ready' });
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  assert.equal(JSON.parse(warning).level, 'warn');
  assert.equal(end, '');
});

test('a customer has one short hash under a key, and another under another key', () => {
  const key = newLogKey();
  const hash = customerHasher(key);
  assert.match(hash('17850'), /^[0-9a-f]{12}$/);
  assert.equal(hash('17850'), customerHasher(key)('17850'));
  assert.notEqual(hash('17850'), hash('17851'));
  assert.notEqual(hash('17850'), customerHasher(newLogKey())('17850'));
});
