import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConfigSources, loadConfig, redacted } from '../../src/app/config.ts';
import { SETTINGS } from '../../src/app/config-schema.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { tempFolder } from '../support/temp-folder.ts';

const load = (sources: Partial<ConfigSources>): ReturnType<typeof loadConfig> =>
  loadConfig({ flags: {}, environment: {}, folder: '/', ...sources });

/** A working folder with a beckon.yaml. */
const withFile = (t: TestContext, yaml: string, name = 'beckon.yaml'): string => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, name), yaml);
  return folder;
};

const refuses = (sources: Partial<ConfigSources>, message: RegExp): void => {
  assert.throws(
    () => load(sources),
    (error: { code: string; message: string }) => {
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.match(error.message, message);
      return true;
    },
  );
};

test('flags come before the environment, that before the file, that before the defaults', (t) => {
  const folder = withFile(t, 'httpPort: 1001\ngrpcPort: 1002\nadminPort: 1003\n');
  const environment = { BECKON_GRPC_PORT: '2002', BECKON_ADMIN_PORT: '2003', HOME: '/x', BECKON_HOST: '' };
  const config = load({ folder, environment, flags: { 'admin-port': '3003', until: 'not a setting' } });
  assert.deepEqual([config.httpPort, config.grpcPort, config.adminPort], [1001, 2002, 3003]);
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.dataDir, join(folder, 'data'));
});

test('a limit of the file stands beside the defaults of the others', (t) => {
  const { limits } = load({ folder: withFile(t, 'limits:\n  eventsPerRequestMax: 7\n') });
  assert.equal(limits.eventsPerRequestMax, 7);
  assert.equal(limits.bodyBytesMax, LIMITS.bodyBytesMax);
});

test('--config names another file, and one that is missing is not passed over', (t) => {
  const folder = withFile(t, 'httpPort: 1001', 'other.yaml');
  assert.equal(load({ folder, flags: { config: 'other.yaml' } }).httpPort, 1001);
  refuses({ folder, flags: { config: 'othre.yaml' } }, /othre\.yaml cannot be read/);
});

test('what is misspelt is refused with what was meant', (t) => {
  refuses({ folder: withFile(t, 'htpPort: 1') }, /beckon\.yaml: .*"htpPort".*"httpPort"/);
  refuses({ folder: withFile(t, 'limits:\n  bodyByteMax: 5000') }, /limits .*"bodyByteMax".*"bodyBytesMax"/);
  refuses({ environment: { BECKON_HTP_PORT: '1' } }, /BECKON_HTP_PORT; did you mean BECKON_HTTP_PORT\?/);
});

test('values of a wrong form are refused, and nothing is guessed', (t) => {
  refuses({ environment: { BECKON_HTTP_PORT: '8080x' } }, /BECKON_HTTP_PORT must be a whole number/);
  refuses({ flags: { 'http-port': '65536' } }, /--http-port: httpPort must be <= 65535/);
  refuses({ flags: { 'log-level': 'loud' } }, /--log-level: logLevel must be one of "trace", /);
  refuses({ environment: { BECKON_INSECURE: 'yes' } }, /BECKON_INSECURE must be true or false/);
  refuses({ folder: withFile(t, 'httpPort: "8080"') }, /httpPort must be an integer, not a string/);
  refuses({ folder: withFile(t, '- a\n- b') }, /must be an object/);
  refuses({ folder: withFile(t, 'httpPort: 1\nhttpPort: 2') }, /not valid YAML.*line 2/);
});

test('settings that contradict each other are refused in words', (t) => {
  refuses({ flags: { 'http-port': '9090' } }, /httpPort and adminPort are both 9090/);
  load({ flags: { 'http-port': '0', 'grpc-port': '0', 'admin-port': '0' } });
  refuses({ flags: { host: '0.0.0.0' } }, /--insecure/);
  assert.equal(load({ flags: { host: '0.0.0.0', insecure: true } }).insecure, true);
  refuses({ folder: withFile(t, 'limits:\n  bodyBytesMax: 1024') }, /eventBytesMax.*bodyBytesMax/);
  refuses({ environment: { KAFKA_BROKERS: 'a' } }, /kafkaBrokers: a is not host:port/);
  refuses({ environment: { KAFKA_SOURCE_TOPICS: 'a' } }, /kafkaSourceTopics needs kafkaBrokers/);
  const onKafka = { KAFKA_BROKERS: 'a:9092,[::1]:9093', HOME: '/', KAFKA_HEAP_OPTS: '-Xmx1g' };
  refuses({ environment: { ...onKafka, KAFKA_SOURCE_TOPICS: 'b,beckon.events' } }, /beckon\.events is named twice/);
  refuses({ environment: { ...onKafka, KAFKA_LOG_TOPIC: 'a b' } }, /"a b" is not a name of a Kafka topic/);
  refuses({ environment: { ...onKafka, BECKON_CLOCK: 'log' } }, /the broker tells the time/);
  refuses({ environment: { ...onKafka, KAFKA_SASL_MECHANISM: 'PLAIN' } }, /kafkaSaslUsername go together/);
  refuses({ environment: { ...onKafka, KAFKA_TLS_CA_FILE: 'ca.pem' } }, /need kafkaTls/);
});

test('a pack is a name of the installation or a path', (t) => {
  const folder = tempFolder(t);
  assert.match(load({ folder }).pack, /models.retail$/);
  assert.equal(load({ folder, flags: { pack: './mine' } }).pack, join(folder, 'mine'));
  refuses({ folder, flags: { pack: 'retial' } }, /retial is not a pack/);
});

test('the configuration cannot be changed, and is shown whole', () => {
  const config = load({});
  assert.throws(() => Object.assign(config, { httpPort: 1 }), TypeError);
  assert.throws(() => Object.assign(config.limits, { idBytesMax: 1 }), TypeError);
  assert.deepEqual(Object.keys(redacted(config)), Object.keys(config));
});

test('every limit that can be set has the default of the service', () => {
  for (const { key, standard } of SETTINGS)
    if (key.startsWith('limits.')) assert.equal(standard, LIMITS[key.slice(7) as keyof typeof LIMITS], key);
});
