import { AliasReader, type CustomerIds } from '../features/addresses.ts';
import { HourCounts } from '../features/hour-counts.ts';
import type { Feature, FeaturePlan } from '../features/plan.ts';
import type { RowGuest } from '../features/read.ts';
import type { RowView } from '../features/row.ts';
import { HOURS_OF_DAY, OwnHours } from './own-hours.ts';
import type { Question } from './question.ts';

/** Reads what a question needs of a row beside features: the aliases to use, and the customer's own hours. */
export class QuestionGuest implements RowGuest {
  private readonly aliases: AliasReader;
  private readonly hours: readonly OwnHours[];
  private question!: Question;

  constructor(plan: FeaturePlan, schemes: readonly string[], hourFeatures: readonly string[]) {
    const featureOf = (name: string): Feature => plan.features.find(({ spec }) => spec.name === name) as Feature;
    this.aliases = new AliasReader(schemes);
    this.hours = hourFeatures.map((name) => new OwnHours(new HourCounts(plan, featureOf(name))));
  }

  /** The guest of the next read. */
  of(question: Question): this {
    this.question = question;
    return this;
  }

  visit(row: RowView, _sec: number, ids: CustomerIds | undefined): void {
    const { addresses, hasOwn, ownTerms } = this.question;
    if (ids === undefined) addresses.bits = 0;
    else this.aliases.read(ids, addresses);
    for (let i = 0; i < this.hours.length; i++) hasOwn[i] = Number(this.hours[i].read(row, ownTerms, i * HOURS_OF_DAY));
  }
}
