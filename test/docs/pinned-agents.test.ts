import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import {
  agentPrograms,
  ownerOf,
  programs,
  testedVersions,
  UNDER_TEST,
  underTest,
  untested,
} from '../real/programs.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const names = [...new Set(agentPrograms().map(({ agent }) => agent))];

it('what a CLI needs to run is pinned beside it, and no agent of its own', () => {
  const needed = programs().flatMap(({ needs }) => needs ?? []);
  expect(needed).not.toEqual([]);
  for (const name of needed) {
    const helper = programs().find(({ package: own }) => own === name);
    expect(helper, name).toBeDefined();
    expect(names).not.toContain(helper?.agent);
  }
});

it('a run that leaves something out names each agent once, and versions of those it tests', () => {
  expect(untested([])).toEqual(names);
  expect(untested(agentPrograms())).toEqual([]);
  const left = untested(agentPrograms().filter(({ always }) => always));
  expect(left).toContain('kimi');
  expect(left).not.toContain('node');
  expect(left).not.toContain('claude-agent-acp');
  expect(left).toContain('claude-agent-acp 0.101.0');
});

it('tests are about the versions their run has chosen, by default about all', () => {
  const name = '@agentclientprotocol/claude-agent-acp';
  expect(testedVersions(name)).toEqual(['0.49.0', '0.101.0']);
  vi.stubEnv(UNDER_TEST, underTest(agentPrograms().filter(({ always }) => always)));
  expect(testedVersions(name)).toEqual(['0.49.0']);
  vi.unstubAllEnvs();
});

it('a run of an agent that is not pinned is refused, with the names of those that are', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [`${root}scripts/test-agents.mjs`, '--agent', 'node'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(2);
  expect(stderr).toBe(`test-agents: no CLI is pinned for "node"; pinned are ${names.join(', ')}\n`);
});

it('every pinned agent has tests over its real CLI', () => {
  const owners = readdirSync(`${root}test/real`)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => ownerOf(file));
  expect(names.filter((name) => !owners.includes(name))).toEqual([]);
});
