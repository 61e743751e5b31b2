import { parseArgs } from 'node:util';
import { compareDoors } from '../../tests/grpc/same-decisions.ts';
import { withOwner } from '../durability/owner.ts';

/**
 * Random questions at one fixed time to both doors of a service: the same decision in every field, or the same code.
 * `node load-tests/grpc/same-decisions.ts --questions 10000 --seed 1`
 */
const { values } = parseArgs({
  options: { questions: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const questions = Number(values.questions);
const { advised, refused } = await withOwner((owner) => compareDoors(owner, questions, Number(values.seed)));
console.log(`${questions} questions: the same at both doors, ${advised} of them something to do, ${refused} refused`);
