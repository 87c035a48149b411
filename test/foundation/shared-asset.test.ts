import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib/core';
import { sharedAsset } from '../../lib/foundation/shared-asset';
import { temporaryDirectory } from '../support/temporary';

/** A directory with files of these paths, each holding its own. */
function directoryOf(...files: string[]): string {
  const directory = temporaryDirectory();
  for (const file of files) {
    fs.mkdirSync(path.join(directory, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(directory, file), file);
  }
  return directory;
}

describe('sharedAsset', () => {
  test('makes one asset of one directory in a stack, and another in another stack', () => {
    const app = new App();
    const [here, there] = [new Stack(app, 'Here'), new Stack(app, 'There')];
    const props = { path: directoryOf('main.py') };
    const asset = sharedAsset(here, 'First', props);
    expect(sharedAsset(here, 'Second', props)).toBe(asset);
    expect(sharedAsset(there, 'First', props)).not.toBe(asset);
    expect(sharedAsset(here, 'Third', { ...props, exclude: ['*.pyc'] })).not.toBe(asset);
  });

  test('leaves out what is excluded', () => {
    const stack = new Stack(new App(), 'Stack');
    const [bare, cached] = [directoryOf('main.py'), directoryOf('main.py', '__pycache__/main.pyc', 'deep/old.pyc')];
    fs.mkdirSync(path.join(bare, 'deep'));
    const [one, two] = [bare, cached].map((directory, index) =>
      sharedAsset(stack, `Code${index}`, { path: directory, exclude: ['__pycache__', '*.pyc'] }),
    );
    expect(one?.assetHash).toBe(two?.assetHash);
  });
});
