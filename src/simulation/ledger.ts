/** What a run was worth, from the first decision on, and what the report looks at. Money in the market's currency. */
export class Ledger {
  /** Paid, from the history on, less refunds. */
  revenue = 0;
  /** Margin of what was paid, after discounts and refunds. */
  margin = 0;
  discount = 0;
  cost = 0;
  /** Price of the irritation caused. */
  irritation = 0;
  /** Worth of friends and referrals won. */
  relations = 0;
  orders = 0;
  decisions = 0;
  holds = 0;
  contacts = 0;
  blocked = 0;
  complaints = 0;
  optOuts = 0;

  /** Where the value comes from, per so many customers. */
  parts(customers: number): string {
    const shown = (money: number): string => ((money / customers) * 1000).toFixed(0);
    const { margin, discount, relations, cost, irritation, complaints, optOuts } = this;
    return `margin ${shown(margin)} after discounts of ${shown(discount)}, friends and referrals ${shown(relations)}, cost ${shown(cost)}, irritation ${shown(irritation)}; ${complaints} complaints, ${optOuts} consents taken back`;
  }

  /** Net of cost and of the price of irritation. */
  get value(): number {
    return this.margin + this.relations - this.cost - this.irritation;
  }
}
