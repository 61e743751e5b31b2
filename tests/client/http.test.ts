import { clientContract } from './contract.ts';

clientContract('HTTP', ({ http }) => ({ http }));
