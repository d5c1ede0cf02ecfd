// The playground as a process of its own, and a browser to look at it with.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const artefacts = fileURLToPath(new URL('artefacts', import.meta.url));

// build compiles the playground once, so that it can be ended as one process.
async function build(folder) {
  const binary = join(folder, 'playground');
  await finished(spawn('go', ['build', '-o', binary, './cmd/playground'], { cwd: root, stdio: 'inherit' }));
  return binary;
}

function finished(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${child.spawnfile} ended with ${code}`))));
  });
}

// startPlayground returns its address and a way to end it.
export async function startPlayground() {
  const folder = await mkdtemp(join(tmpdir(), 'changebot-e2e-'));
  const child = spawn(await build(folder), ['-addr', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
      const found = said.match(/Open (http:\S+)/);
      if (found) resolve(found[1]);
    });
    child.on('exit', (code) => reject(new Error(`the playground ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    child.removeAllListeners('exit');
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGINT');
    const code = await ended;
    await rm(folder, { recursive: true });
    return code;
  };
  return { url, stop };
}

// startBrowser returns Debian's chromium, shut off from everything outside.
export async function startBrowser() {
  await mkdir(artefacts, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}
