import { testProperties } from '../support/history-property.ts';
import { MERGED_ROWS } from './properties/merged-rows.ts';

testProperties(MERGED_ROWS);
