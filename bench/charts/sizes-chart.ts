import type { SizePoint } from '../size-points.ts';
import { sizePanels } from './size-panels.ts';

/** Memory a customer, and a start, against the number of customers. */
export const sizesChart = (points: readonly SizePoint[]): string =>
  sizePanels(points, [
    {
      title: 'Bytes a customer',
      legend: ['resident', 'counted', 'allowed'],
      lines: [
        { name: 'resident', of: ({ residentBytes }) => residentBytes },
        { name: 'counted', of: ({ countedBytes }) => countedBytes },
        { name: 'allowed', of: ({ allowedBytes }) => allowedBytes, isBound: true },
      ],
    },
    {
      title: 'Seconds from start to ready',
      legend: ['with a checkpoint', 'empty start and a read', 'allowed '],
      lines: [
        { name: 'with a checkpoint', of: ({ restartSec }) => restartSec },
        { name: 'empty start and a read', of: ({ restartCeilingSec }) => restartCeilingSec },
        { name: 'allowed ', of: ({ restartCeilingSec }) => 2 * restartCeilingSec, isBound: true },
      ],
    },
  ]);
