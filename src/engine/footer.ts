import { homedir } from 'node:os';
import type { Usage } from '../core/agent-event.ts';
import type { ProjectSettings } from './settings.ts';

export interface FooterFacts {
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
  readonly effort: string | undefined;
  readonly workDir: string;
  /** Where a project has several: which of them answered. */
  readonly agent?: string;
}

/** 999, 1.2k, 3.4M. */
export function formatTokens(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${trimZero(count / 1000)}k`;
  return `${trimZero(count / 1_000_000)}M`;
}

export function formatCost(usd: number): string {
  return usd < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}

export function shortDir(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** The line under an answer, or undefined when nothing of it is wanted or known. */
export function footerLine(facts: FooterFacts, display: ProjectSettings['display']): string | undefined {
  if (!display.footer && !display.context) return undefined;
  const { usage, model, effort } = facts;
  const parts: string[] = [];
  if (display.footer) {
    if (facts.agent) parts.push(facts.agent);
    if (model) parts.push(model);
    if (effort) parts.push(`effort:${effort}`);
    if (usage?.outputTokens !== undefined) parts.push(tokenPart(usage));
    if (usage?.costUsd) parts.push(formatCost(usage.costUsd));
  }
  const share = contextShare(usage);
  if (display.context && share !== undefined) parts.push(`ctx ${share}%`);
  if (display.footer && display.workDir) parts.push(shortDir(facts.workDir));
  return parts.length > 0 ? parts.join(' · ') : undefined;
}

/** Percent of the context window in use. */
export function contextShare(usage: Usage | undefined): number | undefined {
  if (usage?.contextTokens === undefined || !usage.contextWindow) return undefined;
  return Math.min(100, Math.round((usage.contextTokens / usage.contextWindow) * 100));
}

function tokenPart(usage: Usage): string {
  const words = [`out ${formatTokens(usage.outputTokens ?? 0)}`];
  if (usage.inputTokens) words.push(`in ${formatTokens(usage.inputTokens)}`);
  if (usage.cacheWriteTokens) words.push(`cw ${formatTokens(usage.cacheWriteTokens)}`);
  if (usage.cacheReadTokens) words.push(`cr ${formatTokens(usage.cacheReadTokens)}`);
  return words.join(' ');
}

function trimZero(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

/** Removes the status lines some agents print about themselves, and the context marker they were asked for. */
export function withoutOwnFooter(text: string, hide: boolean): string {
  const marked = text.replace(/\n?\[ctx: ~?\d+%\]\s*$/i, '');
  return hide ? marked.replace(/\n+[^\n]*·[^\n]*(?:ctx|left)[^\n]*\d+%[^\n]*\s*$/i, '') : marked;
}
