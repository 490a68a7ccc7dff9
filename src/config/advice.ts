/** Things that load and probably are not what was meant: warnings, and notes on where we differ from the Go version. */

import { formatKey } from './keypath.ts';
import { nearest } from './nearest.ts';
import type { Finding } from './problem.ts';
import { agentCalled, agentsOf } from './project-agents.ts';
import { agentProviders } from './providers.ts';
import type { AgentConfig, Config, ProjectConfig } from './schema/root.ts';
import { LOG_LEVELS, readLanguage } from './schema/root.ts';
import { scopeOf } from './scope.ts';
import type { EnvUse } from './substitute.ts';
import { isTable, type TomlTable } from './toml.ts';

/** Warnings about values. `raw` is the file after substitution, `config` what was made of it. */
export function warnings(raw: TomlTable, uses: readonly EnvUse[], config: Config | undefined): Finding[] {
  const found = uses.filter((use) => !use.set).map((use): Finding => unset(raw, use));
  const warn = (key: string, message: string, more: Partial<Finding> = {}): void => {
    found.push({ severity: 'warning', key, message, scope: 'file', ...more });
  };
  const language = typeof raw.language === 'string' ? raw.language.trim() : '';
  if (language !== '' && language !== 'auto' && readLanguage(language) === 'auto') {
    warn('language', 'is not a language of ours; each user’s language is detected', {
      expected: 'en, zh, zh-TW, ja, es or auto',
    });
  }
  const level =
    isTable(raw.log) && typeof raw.log.level === 'string' ? raw.log.level.trim().toLowerCase() : '';
  if (level !== '' && !LOG_LEVELS.some((known) => known === level)) {
    const suggestion = nearest(level, LOG_LEVELS);
    warn('log.level', 'is not a log level; info is used', suggestion === undefined ? {} : { suggestion });
  }
  if (config) {
    for (const name of ['webhook', 'bridge', 'management'] as const) {
      const server = config[name];
      const open = name === 'bridge' && config.bridge.insecure;
      if (server.enabled && server.token === '' && !open) {
        warn(`${name}.token`, 'is missing, so this server will not start', {
          expected: 'a long random text',
        });
      }
    }
    for (const command of config.commands) {
      if ((command.prompt === '') === (command.exec === '')) {
        warn(command.at, 'needs exactly one of prompt and exec');
      }
    }
    for (const project of config.projects) found.push(...projectWarnings(config, project));
  }
  return found;
}

function unset(raw: TomlTable, use: EnvUse): Finding {
  return {
    severity: 'warning',
    key: use.key,
    message: `uses \${${use.name}}, which is not set; it becomes empty text`,
    scope: scopeOf(raw, use.path),
  };
}

function projectWarnings(config: Config, project: ProjectConfig): Finding[] {
  const found: Finding[] = [];
  const warn = (key: string, message: string, more: Partial<Finding> = {}): void => {
    found.push({
      severity: 'warning',
      key: `${project.at}.${key}`,
      message,
      scope: { project: project.name },
      ...more,
    });
  };
  for (const agent of agentsOf(project)) found.push(...providerWarnings(config, project, agent));
  for (const route of project.model_routes) {
    const agent = agentCalled(project, route.agent);
    const names = agent ? agentProviders(config, agent).map(({ name }) => name) : [];
    if (route.provider === '' || names.includes(route.provider)) continue;
    const suggestion = nearest(route.provider, names);
    found.push({
      severity: 'warning',
      key: `${route.at}.provider`,
      message: 'names a provider this agent does not have',
      scope: { project: project.name },
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  if (project.heartbeat.enabled && project.heartbeat.session_key === '') {
    warn('heartbeat.session_key', 'is missing, so the heartbeat does not run');
  }
  if (project.observe.enabled && !project.platforms.some((platform) => platform.type === 'slack')) {
    warn('observe.enabled', 'needs a slack platform in this project');
  }
  return found;
}

function providerWarnings(config: Config, project: ProjectConfig, agent: AgentConfig): Finding[] {
  const found: Finding[] = [];
  const check = (key: string, name: string, names: readonly string[], message: string): void => {
    if (names.includes(name)) return;
    const suggestion = nearest(name, names);
    found.push({
      severity: 'warning',
      key: `${agent.at}.${key}`,
      message,
      scope: { project: project.name },
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  };
  const shared = config.providers.map((provider) => provider.name);
  agent.provider_refs.forEach((name, at) => {
    check(formatKey(['provider_refs', at]), name, shared, 'names a provider that does not exist');
  });
  const active = agent.options.provider;
  const names = [...agent.providers.map((provider) => provider.name), ...agent.provider_refs];
  if (typeof active === 'string' && active !== '')
    check('options.provider', active, names, 'names a provider this project does not have');
  return found;
}

/** Where this config behaves differently than under the Go version, in sentences for `config check`. */
export function compatibilityNotes(config: Config): string[] {
  const notes: string[] = [];
  for (const project of config.projects) {
    for (const platform of project.platforms) {
      const allowed = platform.options.allow_from;
      if (allowed === undefined || allowed === '') {
        notes.push(
          `${platform.at}: allow_from is not set, so unknown people must be paired first (cc-connect pair approve CODE); allow_from = "*" opens the bot to everyone`,
        );
      }
    }
    if (project.admin_from === '' && project.platforms.length > 0) {
      notes.push(`${project.at}: admin_from is not set, so the first paired user is the admin`);
    }
    for (const agent of agentsOf(project)) {
      if (agent.type === 'codex' && agent.options.backend === undefined) {
        notes.push(`${agent.at}: codex runs as app_server unless backend = "exec" is set`);
      }
    }
  }
  return notes;
}
