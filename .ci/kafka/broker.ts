/**
 * Starts Apache Kafka for the tests and stays until it is ended. Usage: node broker.ts LIBS FOLDER. Prints the broker's
 * address when it answers.
 */
import assert from 'node:assert/strict';
import { KafkaBroker } from '../../tests/support/kafka-broker.ts';

const [libs, folder] = process.argv.slice(2);
assert.ok(libs && folder, "needs the folder of Kafka's jars and a folder of its own");

const ends: (() => unknown)[] = [];
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, async () => {
    for (const end of ends) await end();
    process.exit(0);
  });
const broker = await KafkaBroker.start({ after: (end) => void ends.push(end as () => unknown) }, libs, folder);
console.log(broker.address);
setInterval(() => {}, 60_000);
