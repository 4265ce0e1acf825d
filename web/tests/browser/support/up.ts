/** A real `doorstep up`: devnet, worker and API in one process tree, ended with the tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../../..');
export const PYTHON = process.env.DOORSTEP_PYTHON ?? join(ROOT, '.venv/bin/python');
const READY_MS = 180_000;

export interface Running {
  readonly origin: string;
  readonly rpc: string;
  readonly data: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts one, with its own data, on free ports. */
export async function up(...options: string[]): Promise<Running> {
  const data = await mkdtemp(join(tmpdir(), 'doorstep-web-'));
  const child = spawn(
    PYTHON,
    [
      '-m',
      'scripts.main',
      'up',
      '--data',
      join(data, 'data'),
      '--port',
      '0',
      '--devnet-port',
      '0',
      '--json',
      ...options,
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ready = JSON.parse(await firstLine(child)) as { api: string; rpc: string };
  return {
    origin: ready.api,
    rpc: ready.rpc,
    data: join(data, 'data'),
    pid: child.pid as number,
    async stop() {
      if (child.exitCode === null) {
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        await ended;
      }
      await rm(data, { recursive: true, force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let out = '';
    let errors = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(new Error(`up did not get ready: ${errors}`));
    }, READY_MS);
    child.stdout?.on('data', (part: Buffer) => {
      out += part.toString();
      if (out.includes('\n')) {
        clearTimeout(timer);
        found(out.slice(0, out.indexOf('\n')));
      }
    });
    child.stderr?.on('data', (part: Buffer) => {
      errors += part.toString();
    });
    child.once('exit', (code) => failed(new Error(`up ended with ${code}: ${errors}`)));
  });
}

/** Returns the process ids of the tree's children by their command (`worker`, `api`, `devnet`). */
export async function children(parent: number): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = await readFile(`/proc/${entry}/stat`, 'utf8');
      const words = (await readFile(`/proc/${entry}/cmdline`, 'utf8')).split('\0');
      const ofParent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      if (ofParent && words.includes('--child'))
        found[words[words.indexOf('scripts.main') + 1] ?? ''] = Number(entry);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}
