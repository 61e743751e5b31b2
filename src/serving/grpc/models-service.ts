import { type BehindNow, unary } from './call.ts';
import type { ModelsServiceServer } from './generated/beckon/v1/models.ts';

export const modelsService = (behind: BehindNow): ModelsServiceServer => ({
  list: unary('ModelsService/List', behind, (_question, { registry }, done) =>
    done(undefined, { models: registry.list() }),
  ),
});
