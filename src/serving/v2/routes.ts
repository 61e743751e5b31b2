import type { FastifyInstance, FastifyReply } from 'fastify';
import { ERRORS } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { bodyCame } from '../http/body-garbage.ts';
import { keepConnection, translate } from '../http/problem.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { answerJson, BinaryAnswer, readInferBody } from './body.ts';
import { EXTENSIONS } from './extensions.ts';
import { answerNumbers, checkOutputs, infer, inferenceOf } from './infer.ts';
import { modelConfig, modelInfo, modelOf } from './model.ts';
import { modelStatistics } from './statistics.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const HEADER_LENGTH = 'inference-header-content-length';

interface ModelPath {
  readonly name: string;
  readonly version?: string;
}

/** The Open Inference Protocol over HTTP. Its errors have a form of their own. */
export const inferenceRoutes = (app: FastifyInstance, parts: ServingParts, version: string): void => {
  app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
        bodyCame(body.length);
        done(null, body);
      });
      scope.setErrorHandler((error: unknown, request, reply: FastifyReply) => {
        keepConnection(request, reply);
        refuse(reply, error, parts);
      });
      const schema = { hide: true };
      scope.get('/', { schema }, (_request, reply) => {
        reply.send({ name: 'beckon', version, extensions: EXTENSIONS });
      });
      scope.get('/health/live', { schema }, (_request, reply) => {
        reply.send({ live: true });
      });
      scope.get('/health/ready', { schema }, (_request, reply) => {
        refuseWhenNotReady(parts);
        reply.send({ ready: true });
      });
      for (const path of ['/models/:name', '/models/:name/versions/:version']) modelRoutes(scope, path, parts);
    },
    { prefix: '/v2' },
  );
};

const modelRoutes = (scope: FastifyInstance, path: string, parts: ServingParts): void => {
  const schema = { hide: true };
  const liveOf = ({ name, version }: ModelPath) => modelOf(parts, name, version);
  scope.get<{ Params: ModelPath }>(path, { schema }, (request, reply) => {
    reply.send(modelInfo(liveOf(request.params)));
  });
  scope.get<{ Params: ModelPath }>(`${path}/ready`, { schema }, (request, reply) => {
    const { session } = liveOf(request.params);
    refuseWhenNotReady(parts);
    reply.send({ name: session.head, ready: true });
  });
  scope.get<{ Params: ModelPath }>(`${path}/config`, { schema }, (request, reply) => {
    reply.send(modelConfig(liveOf(request.params)));
  });
  scope.get<{ Params: ModelPath }>(`${path}/stats`, { schema }, (request, reply) => {
    reply.send({ model_stats: [modelStatistics(liveOf(request.params))] });
  });
  scope.post<{ Params: ModelPath }>(`${path}/infer`, { schema, bodyLimit: LIMITS.inferBytesMax }, (request, reply) => {
    refuseWhenNotReady(parts);
    const live = liveOf(request.params);
    const length = request.headers[HEADER_LENGTH];
    const asked = readInferBody(
      (request.body as Buffer | undefined) ?? Buffer.alloc(0),
      length === undefined ? undefined : Number(length),
    );
    const { outputName, head, version, outputWidth } = live.session;
    checkOutputs(live, asked.outputs);
    const inference = inferenceOf(live, asked.tensors);
    const answer = {
      model: head,
      version,
      id: asked.id,
      output: { name: outputName, shape: [inference.rows, outputWidth] },
    };
    const binary = asked.isBinaryWanted ? new BinaryAnswer(answer, answerNumbers(inference)) : undefined;
    const numbers = binary?.numbers ?? new Float32Array(answerNumbers(inference));
    infer(parts, inference, numbers, (error) => {
      if (error !== undefined) refuse(reply, error, parts);
      else if (binary === undefined) reply.type(JSON_TYPE).send(answerJson(answer, numbers));
      else reply.header(HEADER_LENGTH, binary.jsonBytes).type('application/octet-stream').send(binary.body());
    });
  });
};

const refuse = (reply: FastifyReply, thrown: unknown, { onInternal }: ServingParts): void => {
  const { code, message } = translate(thrown, onInternal);
  reply
    .code(ERRORS[code].status)
    .type(JSON_TYPE)
    .send(JSON.stringify({ error: message, code }));
};
