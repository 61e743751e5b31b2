import { clientContract } from './contract.ts';

clientContract('gRPC', ({ http, grpc }) => ({ http: `http://${http}`, grpc }));
