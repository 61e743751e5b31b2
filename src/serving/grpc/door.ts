import { type AddressInfo, createServer, type Server as Listener } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { UnderWay } from '../under-way.ts';
import type { Behind } from './call.ts';
import { eventsService } from './events-service.ts';
import { CallsServiceService } from './generated/beckon/v1/calls.ts';
import { ContactsServiceService } from './generated/beckon/v1/contacts.ts';
import { EventsServiceService } from './generated/beckon/v1/events.ts';
import { ModelsServiceService } from './generated/beckon/v1/models.ts';
import { GRPCInferenceServiceService } from './generated/inference/grpc_service.ts';
import { inferenceService } from './inference-service.ts';
import { modelsService } from './models-service.ts';
import { scoringDefinition, scoringService } from './scoring-service.ts';
import { strictly } from './strict-messages.ts';
import { leaveYoung, letGo } from './under-call.ts';

export interface GrpcOptions {
  readonly version: string;
  readonly messageBytesMax: number;
  /** How long a stop waits for calls under way. */
  readonly stopTimeoutMs: number;
  /** Whether anybody who can reach the port may ask what it offers. */
  readonly hasReflection: boolean;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
}

const PROTO = fileURLToPath(new URL('../../../proto/', import.meta.url));
const FILES = [
  ...['calls', 'contacts', 'events', 'models', 'scoring'].map((name) => `beckon/v1/${name}.proto`),
  'inference/grpc_service.proto',
];
/** How long connections live, and are believed in, ms. */
interface ConnectionTimes {
  /** A caller behind a load balancer finds new instances this often; a tenth more or less, so that not all come at once. */
  readonly ageMs: number;
  /** What is under way on an old connection may go on for so long. */
  readonly graceMs: number;
  /** How often a silent one is asked, and how long it may take to answer. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
}

const CONNECTION_TIMES: ConnectionTimes = {
  ageMs: 30 * 60_000,
  graceMs: 60_000,
  keepaliveMs: 60_000,
  keepaliveTimeoutMs: 20_000,
};
/** Calls under way on one connection; more wait at the caller. */
const STREAMS_MAX = 1000;
/** What the last answers may take to leave. */
const FLUSH_MS = 2000;
/** How often readiness is looked at for the health service. */
const HEALTH_MS = 200;

/**
 * The gRPC listener of a thread. Packs behind it take each other's place between two calls; a call ends on the pack that it
 * began with.
 */
export class GrpcDoor {
  private behind: Omit<Behind, 'stopping'>;
  private readonly options: GrpcOptions;
  private readonly server: Server;
  private readonly health = new HealthImplementation();
  private readonly stopping = new AbortController();
  private readonly sockets = new UnderWay();
  private listener: Listener | undefined;
  private told = '';
  private healthTimer: NodeJS.Timeout | undefined;

  constructor(behind: Omit<Behind, 'stopping'>, options: GrpcOptions, times = CONNECTION_TIMES) {
    this.behind = behind;
    this.options = options;
    this.server = new Server({
      interceptors: [leaveYoung, letGo],
      'grpc.max_receive_message_length': options.messageBytesMax,
      'grpc.max_concurrent_streams': STREAMS_MAX,
      'grpc.max_connection_age_ms': times.ageMs,
      'grpc.max_connection_age_grace_ms': times.graceMs,
      'grpc.keepalive_time_ms': times.keepaliveMs,
      'grpc.keepalive_timeout_ms': times.keepaliveTimeoutMs,
      // Counters that nobody reads here.
      'grpc.enable_channelz': 0,
    });
    const now = (): Behind => ({ ...this.behind, stopping: this.stopping.signal });
    this.server.addService(scoringDefinition, { ...scoringService(now) });
    this.server.addService(strictly(EventsServiceService), { ...eventsService(now) });
    this.server.addService(strictly(ModelsServiceService), { ...modelsService(now) });
    this.server.addService(strictly(GRPCInferenceServiceService), { ...inferenceService(now, options.version) });
    // Declared, and answered UNIMPLEMENTED.
    this.server.addService(CallsServiceService, {});
    this.server.addService(ContactsServiceService, {});
    this.health.addToServer(this.server);
    if (options.hasReflection) new ReflectionService(descriptors()).addToServer(this.server);
  }

  /** @returns the port. @throws Error as Node's `listen` does */
  async listen(options: ListenOptions): Promise<number> {
    const injector = this.server.createConnectionInjector(ServerCredentials.createInsecure());
    const listener = createServer({ noDelay: true }, (socket) => {
      this.sockets.begin();
      // Whichever comes first: all has left, or the other side has gone.
      const left = (): void => {
        socket.off('finish', left).off('close', left);
        this.sockets.end();
      };
      socket.on('finish', left).on('close', left);
      injector.injectConnection(socket);
    });
    this.listener = listener;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    listener.once('error', reject).listen(options, resolve);
    await promise;
    this.tellHealth();
    this.healthTimer = setInterval(() => this.tellHealth(), HEALTH_MS).unref();
    return (listener.address() as AddressInfo).port;
  }

  /** Answers every later call with another pack. */
  change(behind: Omit<Behind, 'stopping'>): void {
    this.behind = behind;
  }

  /** Listens no more. @returns when every call is answered, or the time for it is over */
  async close(): Promise<void> {
    clearInterval(this.healthTimer);
    this.setHealth('NOT_SERVING');
    this.listener?.close();
    this.stopping.abort();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.server.forceShutdown();
      late.resolve();
    }, this.options.stopTimeoutMs);
    // With sessions that are closed before it looks at them the library waits for nothing: answers may still be on their way.
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    // Whoever watches health would stay until the time is over.
    const flushed = this.behind.underWay.ended().then(() => delay(FLUSH_MS));
    await Promise.race([this.sockets.ended(), flushed, late.promise]);
    clearTimeout(timer);
  }

  private tellHealth(): void {
    this.setHealth(this.behind.parts.notReady() === undefined ? 'SERVING' : 'NOT_SERVING');
  }

  private setHealth(status: 'SERVING' | 'NOT_SERVING'): void {
    if (status === this.told) return;
    this.told = status;
    for (const name of ['', 'beckon.v1.ScoringService', 'beckon.v1.EventsService']) this.health.setStatus(name, status);
  }
}

const descriptors = () => loadSync(FILES, { includeDirs: [PROTO] });
