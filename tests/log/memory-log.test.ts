import { MemoryLog } from '../../src/log/memory-log.ts';
import { contractOfEventLog } from './contract.ts';

contractOfEventLog('memory log', () => new MemoryLog());
