import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { textOf } from '../shape/repository.ts';
import { runCommand } from './run-command.ts';

test('help lists every command, and the version is that of the package', async () => {
  const help = await runCommand(['--help']);
  assert.equal(help.code, 0);
  for (const { name, summary } of COMMANDS) assert.match(help.stdout, new RegExp(`^  ${name} +${summary}$`, 'm'));
  const version = await runCommand(['--version']);
  assert.deepEqual([version.code, version.stdout], [0, `${JSON.parse(textOf('package.json')).version}\n`]);
});

test('every command tells its usage and options', async () => {
  for (const { name, summary, load } of COMMANDS) {
    const { command } = await load();
    assert.ok(command.usage.startsWith(name), name);
    const { code, stdout, stderr } = await runCommand([name, '--help']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(stdout.startsWith(`${summary}.\n\nUsage: beckon ${command.usage}\n`), name);
    for (const option of Object.keys(command.options)) assert.match(stdout, new RegExp(`--${option}\\b`));
  }
});

test('what is called wrongly exits with 2 and says what was meant', async () => {
  const cases: [string[], RegExp][] = [
    [[], /^beckon: USAGE: no command given; see beckon --help\n$/],
    [['replya', 'x'], /^beckon: USAGE: unknown command replya; did you mean replay\?\n$/],
    [['--hepl'], /^beckon: USAGE: unknown option --hepl; did you mean --help\?\n$/],
    [['replay', 'x', '--formta', 'bank'], /^beckon: USAGE: unknown option --formta; did you mean --format\?\n$/],
    [['replay', 'x', '--format'], /^beckon: USAGE: .*--format/],
    [['replay', 'x', '--format', 'banc'], /^beckon: USAGE: unknown format banc; did you mean bank\?\n$/],
    [['replay', '--format', 'bank'], /^beckon: USAGE: no file given/],
    [['replay', 'x', '--format', 'bank', '--until', 'june'], /^beckon: USAGE: --until must be like/],
    [['replay', 'x', '--format', 'bank', '--speed', '0x'], /^beckon: USAGE: --speed must be/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runCommand(args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, message);
  }
});

test('what fails exits with 1 and its code', async () => {
  const { code, stderr } = await runCommand([
    'replay',
    'no-such-file',
    '--format',
    'bank',
    '--url',
    'http://127.0.0.1:1',
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /^beckon: FILE_UNREADABLE: .*no-such-file/);
});
