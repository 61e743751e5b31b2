import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

const PROTO = fileURLToPath(new URL('../../proto/', import.meta.url));
const FILES = [
  ...['calls', 'contacts', 'events', 'models', 'scoring'].map((name) => `beckon/v1/${name}.proto`),
  'inference/grpc_service.proto',
];

/** As a program in another language would have it: made from the files under `proto/`, without the code of the service. */
export const DESCRIPTORS: PackageDefinition = loadSync(FILES, {
  includeDirs: [PROTO],
  longs: Number,
});

// biome-ignore lint/suspicious/noExplicitAny: what a call takes and gives is said by the definitions
export type Message = any;

type Services =
  | 'GRPCInferenceService'
  | 'ScoringService'
  | 'EventsService'
  | 'ModelsService'
  | 'CallsService'
  | 'ContactsService';

/** Of a call that failed; as far as the service says. */
export interface Refused {
  readonly code: string;
  readonly message: string;
  /** Of the `ErrorInfo`, read by hand from the wire. */
  readonly details: string;
}

/** A connection to a service, closed with the test. */
export class GrpcClient {
  private readonly clients: Record<Services, grpc.Client & Record<string, Message>>;

  constructor(t: { after(f: () => void): void }, address: string) {
    const { beckon, inference } = grpc.loadPackageDefinition(DESCRIPTORS) as Message;
    const credentials = grpc.credentials.createInsecure();
    const root = new grpc.Client(address, credentials);
    const of = (name: Services) =>
      new (name === 'GRPCInferenceService' ? inference : beckon.v1)[name](address, credentials, {
        channelOverride: root.getChannel(),
      });
    t.after(() => root.close());
    this.clients = {
      GRPCInferenceService: of('GRPCInferenceService'),
      ScoringService: of('ScoringService'),
      EventsService: of('EventsService'),
      ModelsService: of('ModelsService'),
      CallsService: of('CallsService'),
      ContactsService: of('ContactsService'),
    };
  }

  /** @returns the answer. @throws the error of the call */
  ask(service: Services, method: string, message: Message, options: grpc.CallOptions = {}): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.clients[service][method](message, options, (error: grpc.ServiceError | null, answer: Message) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  }

  /** How a call is refused. */
  async refusal(service: Services, method: string, message: Message, options?: grpc.CallOptions): Promise<Refused> {
    try {
      await this.ask(service, method, message, options);
    } catch (error) {
      const { code, details, metadata } = error as grpc.ServiceError;
      const [rich] = metadata.get('grpc-status-details-bin');
      return { code: grpc.status[code], message: details, details: rich === undefined ? '' : rich.toString('latin1') };
    }
    throw new Error(`${service}/${method} was not refused`);
  }

  /** A stream of questions, and of answers where the method has them. */
  open(service: Services, method: string, ...done: readonly unknown[]): Message {
    return this.clients[service][method](...done);
  }
}

/** A `google.protobuf.Struct` of plain values. */
export const struct = (plain: Record<string, string | number | boolean>): Message => ({
  fields: Object.fromEntries(
    Object.entries(plain).map(([name, value]) => [
      name,
      { [`${typeof value}Value`.replace('boolean', 'bool')]: value },
    ]),
  ),
});

/** The plain values of a `google.protobuf.Struct`. */
export const plain = ({ fields }: Message): Record<string, unknown> =>
  Object.fromEntries(Object.entries<Message>(fields).map(([name, value]) => [name, Object.values(value)[0]]));
