// Plain JavaScript: a Node that is too old cannot load the TypeScript files in order to say so.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `beckon: needs Node 24.12 or newer, and this is ${process.versions.node}; ` +
      '`npm run beckon` and `npx beckon` take the one that `npm ci` installed\n',
  );
  process.exit(1);
}
