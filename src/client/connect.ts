import type { BeckonClient } from './beckon-client.ts';
import { Caller, type CallerOptions } from './caller.ts';
import { GrpcClient } from './grpc-client.ts';
import { HttpClient } from './http-client.ts';

export interface ConnectOptions extends CallerOptions {
  /** Where HTTP is answered, such as `127.0.0.1:8080` or `https://beckon.example`. */
  readonly http: string;
  /** Where gRPC is answered: scores, events and models then go there. */
  readonly grpc?: string;
}

/** A client of a service. Nothing is opened before it is needed. @throws TypeError where an address is none */
export const connect = ({ http, grpc, ...options }: ConnectOptions): BeckonClient => {
  const caller = new Caller(options);
  const overHttp = new HttpClient(http, caller);
  return grpc === undefined ? overHttp : new GrpcClient(grpc, overHttp, caller);
};
