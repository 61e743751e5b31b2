import type { Service } from './service.ts';

interface Media {
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}

interface Operation {
  readonly requestBody?: Media;
  readonly responses: Readonly<Record<string, Media>>;
}

/** Schemas of a POST route as the service documents them: what the ceiling uses cannot drift from what the product does. */
export const schemasOf = async (
  service: Service,
  path: string,
  status: number,
): Promise<{ request: object | undefined; response: object }> => {
  const { paths } = await service.ask<{ paths: Record<string, { post: Operation }> }>('/openapi.json');
  const { requestBody, responses } = paths[path].post;
  const schemaOf = (media: Media | undefined): object | undefined => media?.content['application/json']?.schema;
  const response = schemaOf(responses[status]);
  if (response === undefined) throw new Error(`the service documents no answer ${status} of ${path}`);
  return { request: schemaOf(requestBody), response };
};
