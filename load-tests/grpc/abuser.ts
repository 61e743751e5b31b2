/** A process of bad clients: each kind of abuse again and again, at a rate, while the parent wants it. */
import { setTimeout as delay } from 'node:timers/promises';
import { ABUSES } from '../../tests/grpc/abuse.ts';
import { rawSession } from '../../tests/grpc/raw-call.ts';

const [address, perSec, only] = process.argv.slice(2);
const everyMs = 1000 / Number(perSec);
let isOn = false;
let done = 0;

process.on('message', (wanted: boolean) => {
  isOn = wanted;
  if (!isOn) process.send?.(done);
});
process.on('disconnect', () => process.exit(0));

for (const abuse of only === undefined ? Object.values(ABUSES) : [ABUSES[only]])
  void (async () => {
    for (;;) {
      await delay(everyMs);
      if (!isOn) continue;
      const session = rawSession({ after() {} }, address);
      await abuse(session, address).catch(() => {});
      session.destroy();
      done++;
    }
  })();
