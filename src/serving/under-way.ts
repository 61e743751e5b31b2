/** The requests that an app has taken and not answered yet, or what else is waited for. */
export class UnderWay {
  private count = 0;
  private none: PromiseWithResolvers<void> | undefined;

  begin(): void {
    this.count++;
  }

  end(): void {
    if (--this.count === 0) this.none?.resolve();
  }

  /** Asked when no more will begin. @returns when the last one is answered */
  async ended(): Promise<void> {
    if (this.count === 0) return;
    this.none ??= Promise.withResolvers();
    await this.none.promise;
  }
}
