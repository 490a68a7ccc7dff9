import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DaemonHome, ledgerLines, writeConfig } from './daemon.ts';

const otherLedger = (home: DaemonHome) => join(home.home, 'ledger-of-other');

/** What the agent of a project was asked. */
export function promptsOf(home: DaemonHome, project: 'demo' | 'other'): string {
  return ledgerLines(project === 'demo' ? home : { ...home, ledger: otherLedger(home) }).join('\n');
}

/** `demo` and `other`, each with its agent, reached through the platforms given for each. */
export function writeTwoProjects(home: DaemonHome, platforms: { demo: string; other: string }): void {
  writeConfig(home, { platforms: platforms.demo });
  const text = readFileSync(home.configFile, 'utf8');
  writeConfig(home, { platforms: platforms.other });
  const other = readFileSync(home.configFile, 'utf8')
    .slice(text.indexOf('[[projects]]'))
    .replace('name = "demo"', 'name = "other"')
    .replace(JSON.stringify(home.ledger), JSON.stringify(otherLedger(home)));
  writeFileSync(home.configFile, text + other);
}
