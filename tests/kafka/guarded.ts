import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { GuardedListener } from '../support/kafka-broker.ts';

const USER = 'beckon';
export const PASSWORD = 'open sesame';

/** A listener with a certificate of its own, and what a service is told to come in by it. */
export const guardedListener = async (
  folder: string,
): Promise<{ readonly listener: GuardedListener; readonly env: Readonly<Record<string, string>> }> => {
  const port = await freePort();
  const store = join(folder, 'broker.p12');
  const caFile = join(folder, 'broker.pem');
  const key = ['-alias', 'broker', '-keystore', store, '-storepass', PASSWORD];
  const names = ['-dname', 'CN=broker', '-ext', 'SAN=IP:127.0.0.1'];
  execFileSync('keytool', ['-genkeypair', '-keyalg', 'RSA', '-validity', '30', ...names, ...key], { stdio: 'pipe' });
  writeFileSync(caFile, execFileSync('keytool', ['-exportcert', '-rfc', ...key], { stdio: 'pipe' }));
  const security = 'org.apache.kafka.common.security';
  const settings = {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': store,
    'ssl.keystore.password': PASSWORD,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
  };
  const format = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${USER},password=${PASSWORD}]`,
  ]);
  const env = {
    KAFKA_BROKERS: `127.0.0.1:${port}`,
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: caFile,
    KAFKA_SASL_USERNAME: USER,
    KAFKA_SASL_PASSWORD: PASSWORD,
  };
  return { listener: { port, settings, format }, env };
};
