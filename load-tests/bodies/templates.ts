/** Files of a kind, and the command that uses them. `{url}` and `{grpc}` stand for the addresses. */
interface Tool {
  readonly file: string;
  readonly text: string;
  readonly command: string;
}

export const SCORES = 'scores.ndjson';
export const EVENTS = 'events.ndjson';
export const GRPC_SCORES = 'scores.grpc.json';

const wrk = (
  bodies: string,
  path: string,
  type: string,
): string => `-- Posts the lines of ${bodies}, each thread its own part of them, from the first again after the last.
local bodies, count, at, step = {}, 0, 0, 1
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(args)
  local folder = args[1] or "."
  for line in io.lines(folder .. "/${bodies}") do
    count = count + 1
    bodies[count] = line
  end
  step = tonumber(args[2] or "1")
  at = number
  wrk.method = "POST"
  wrk.path = "${path}"
  wrk.headers["Content-Type"] = "${type}"
end
function request()
  local body = bodies[at % count + 1]
  at = at + step
  return wrk.format(nil, nil, nil, body)
end
`;

const K6 = `// Posts the lines of ${SCORES} at a rate that does not wait for answers, and looks at each answer.
import { check } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import http from 'k6/http';

const bodies = new SharedArray('bodies', () => open('./${SCORES}').trim().split('\\n'));

export const options = {
  scenarios: {
    scores: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE || 1000),
      timeUnit: '1s',
      duration: __ENV.DURATION || '30s',
      preAllocatedVUs: 64,
      maxVUs: 1024,
    },
  },
  summaryTrendStats: ['p(50)', 'p(90)', 'p(99)', 'p(99.9)', 'max'],
  thresholds: { checks: ['rate==1'], dropped_iterations: ['count<1'] },
};

export default () => {
  const body = bodies[exec.scenario.iterationInTest % bodies.length];
  const answer = http.post(\`\${__ENV.URL}/v1/score\`, body, { headers: { 'Content-Type': 'application/json' } });
  const { customerId } = JSON.parse(body);
  check(answer, {
    'is a score of this customer': ({ status, body: text }) =>
      status === 200 && text.includes(\`"customerId":"\${customerId}","known":true\`),
  });
};
`;

export const TOOLS: readonly Tool[] = [
  {
    file: 'score.lua',
    text: wrk(SCORES, '/v1/score', 'application/json'),
    command: 'wrk -t2 -c64 -d30s --latency -s {out}/score.lua {url} -- {out} 2',
  },
  {
    file: 'events.lua',
    text: wrk(EVENTS, '/v1/events', 'application/cloudevents+json'),
    command: 'wrk -t2 -c64 -d30s --latency -s {out}/events.lua {url} -- {out} 2',
  },
  { file: 'score.js', text: K6, command: 'k6 run -e URL={url} -e RATE=1000 {out}/score.js' },
];

/** From a set of descriptors: ghz neither reads optional fields of proto3 from the sources nor follows the service's reflection. */
export const GHZ_COMMANDS: readonly string[] = [
  'npx buf build --path proto/beckon --as-file-descriptor-set -o {out}/beckon.binpb',
  `ghz --insecure --protoset {out}/beckon.binpb --call beckon.v1.ScoringService/Score -D {out}/${GRPC_SCORES} -c 64 --rps 1000 -z 30s {grpc}`,
];
