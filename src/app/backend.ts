import { AppError } from '../core/errors.ts';
import type { RosterMember } from '../engine/agent-roster.ts';
import type { Project } from '../engine/project.ts';
import { version } from '../kit/version.ts';
import type { TerminalAttachment, TerminalClient } from '../platforms/terminal/frames.ts';
import type {
  AttachTarget,
  AuditLine,
  AuditQuery,
  DaemonStatus,
  DoctorFinding,
  LocalBackend,
  Pairing,
  ReloadResult,
  RoutesQuery,
  RoutesReport,
  SendRequest,
  SendResult,
  SessionDetail,
  SessionSummary,
  Target,
  Trace,
} from '../servers/local/backend.ts';
import type { Queries } from '../store/queries.ts';
import { type InputRow, nameScope, type SessionRow } from '../store/rows.ts';
import type { Accounts } from './accounts.ts';
import { accessFindings, People } from './people.ts';
import { accountFindings, guarded, projectStatus } from './platform-status.ts';
import type { ProjectHost } from './project-host.ts';
import { routesReport } from './route-report.ts';
import { placeOf, sendInto } from './send.ts';
import { traceOf } from './trace.ts';

export interface BackendDeps {
  readonly hosts: ReadonlyMap<string, ProjectHost>;
  /** Projects of the config that could not be started, and why. */
  readonly failed: ReadonlyMap<string, string>;
  readonly queries: Queries;
  readonly accounts: Accounts;
  readonly configFile: string;
  readonly dataDir: string;
  readonly startedAt: number;
  inactive(): readonly string[];
  reload(): Promise<ReloadResult>;
  shutdown(reason: string): void;
}

/** What the local socket's callers reach: the running projects, in plain data. */
export class Backend implements LocalBackend {
  private readonly deps: BackendDeps;
  private readonly people: People;

  constructor(deps: BackendDeps) {
    this.deps = deps;
    this.people = new People(deps.queries, (name) => this.deps.hosts.get(name)?.project.pairing);
  }

  async send(request: SendRequest): Promise<SendResult> {
    return sendInto(this.project(request.project), request);
  }

  async sessions(query: { readonly project?: string }): Promise<readonly SessionSummary[]> {
    return this.projects(query.project).flatMap((project) =>
      this.deps.queries.sessionsOfProject(project.context.name).map((row) => this.summary(project, row)),
    );
  }

  async session(query: { readonly id: string; readonly last: number }): Promise<SessionDetail> {
    const id = query.id.includes(':') ? query.id.slice(query.id.indexOf(':') + 1) : query.id;
    for (const project of this.projects()) {
      const rows = this.deps.queries.sessionsOfProject(project.context.name);
      const row =
        rows.find((one) => one.id === query.id || one.id === id) ??
        rows.find((one) => one.sessionKey === query.id && one.active);
      if (!row) continue;
      const history = this.deps.queries.history(row.id, query.last);
      return {
        ...this.summary(project, row),
        agent: row.agent,
        nativeId: row.nativeId ?? undefined,
        workDir: row.workDir ?? project.context.agents.workDirOf(row),
        history,
      };
    }
    throw new AppError('session_unknown', `there is no session ${query.id}`, {
      kind: 'not_found',
      advice: 'see "cc-connect sessions list"',
    });
  }

  async agentSid(query: Target): Promise<string | undefined> {
    const project = this.project(query.project);
    const rows = this.deps.queries.sessionsOfProject(project.context.name).filter((row) => row.active);
    const row = query.session ? rows.find(({ sessionKey }) => sessionKey === query.session) : rows[0];
    return row?.nativeId ?? undefined;
  }

  async status(): Promise<DaemonStatus> {
    const projects = this.projects();
    const count = (of: (project: Project) => number) =>
      projects.reduce((sum, project) => sum + of(project), 0);
    return {
      version,
      pid: process.pid,
      startedAt: this.deps.startedAt,
      configFile: this.deps.configFile,
      dataDir: this.deps.dataDir,
      projects: [
        ...[...this.deps.hosts].map(([name, host]) => projectStatus(name, host, this.deps.accounts)),
        ...[...this.deps.failed].map(([name, problem]) => ({ name, agent: '', platforms: [], problem })),
      ],
      turnsRunning: count((project) => project.liveActors.filter(({ turn }) => turn).length),
      inputsQueued: count((project) =>
        project.liveActors.reduce((sum, { waiting }) => sum + waiting.length, 0),
      ),
      approvalsOpen: count((project) => this.deps.queries.openApprovals(project.context.name).length),
      outboxWaiting: count((project) => project.context.delivery.waiting()),
      deadLetters: count((project) => this.deps.queries.deadParts(project.context.name, 1000).length),
      inactiveFeatures: this.deps.inactive(),
    };
  }

  async trace(id: string): Promise<Trace> {
    const byMessage = (message: string): InputRow[] =>
      this.projects().flatMap((project) =>
        [...project.context.links.keys()].flatMap((account) =>
          this.deps.queries.inputsByMessage(account, message),
        ),
      );
    return traceOf(this.deps.queries, id, byMessage);
  }

  async audit({ project, actor, last }: AuditQuery): Promise<readonly AuditLine[]> {
    return this.deps.queries.auditTrail({ project: project ?? null, actor: actor ?? null, limit: last });
  }

  async routes(query: RoutesQuery): Promise<RoutesReport> {
    return { live: true, accounts: routesReport(this.deps.accounts.books(), query) };
  }

  reload(): Promise<ReloadResult> {
    return this.deps.reload();
  }

  async pairings(): Promise<readonly Pairing[]> {
    return this.people.list();
  }

  approvePairing(who: string): Promise<Pairing> {
    return this.people.approve(who);
  }

  revokePairing(who: string): Promise<Pairing> {
    return this.people.revoke(who);
  }

  async doctor(signal: AbortSignal): Promise<readonly DoctorFinding[]> {
    const findings: DoctorFinding[] = [];
    for (const [name, problem] of this.deps.failed)
      findings.push({
        area: 'project',
        level: 'error',
        what: `${name}: ${problem}`,
        fix: 'mend the config, then cc-connect reload',
      });
    for (const [name, host] of this.deps.hosts) {
      for (const member of host.project.context.agents.members)
        findings.push(...(await agentFindings(name, member, signal)));
      for (const problem of host.platforms.problems.values())
        findings.push({
          area: 'platform',
          level: 'error',
          what: `${name}: ${problem}`,
          fix: 'mend the config, then cc-connect reload',
        });
      findings.push(...accessFindings(host.project));
      const dead = this.deps.queries.deadParts(name as Parameters<Queries['deadParts']>[0], 5);
      for (const part of dead)
        findings.push({
          area: 'delivery',
          level: 'warning',
          what: `a message to ${part.account} chat ${part.address.chat} could not be delivered: ${part.error ?? ''}`,
          fix: `cc-connect trace ${part.turnId ?? part.inputId ?? part.id}`,
        });
    }
    for (const account of this.deps.accounts.all) findings.push(...(await accountFindings(account, signal)));
    const integrity = this.deps.queries.integrity();
    findings.push(
      integrity === 'ok'
        ? { area: 'store', level: 'ok', what: 'the store is whole' }
        : {
            area: 'store',
            level: 'error',
            what: `the store is damaged: ${integrity}`,
            fix: 'stop cc-connect and restore a backup',
          },
    );
    return findings;
  }

  async attach(client: TerminalClient, where: AttachTarget): Promise<TerminalAttachment> {
    return this.host(where.project).terminal.attach(client, where.session);
  }

  shutdown(reason: string): void {
    this.deps.shutdown(reason);
  }

  private projects(name?: string): Project[] {
    return name === undefined
      ? [...this.deps.hosts.values()].map(({ project }) => project)
      : [this.project(name)];
  }

  private project(name: string | undefined): Project {
    return this.host(name).project;
  }

  private host(name: string | undefined): ProjectHost {
    const names = [...this.deps.hosts.keys()];
    if (name === undefined) {
      const [only, second] = this.deps.hosts.values();
      if (only && !second) return only;
      throw new AppError('project_unnamed', only ? 'there are several projects' : 'no project is running', {
        kind: 'validation',
        advice: only ? `name one with --project: ${names.join(', ')}` : 'see "cc-connect status"',
      });
    }
    const host = this.deps.hosts.get(name);
    if (!host)
      throw new AppError('project_unknown', `there is no project ${name}`, {
        kind: 'not_found',
        advice: `known: ${names.join(', ') || 'none'}`,
      });
    return host;
  }

  private summary(project: Project, row: SessionRow): SessionSummary {
    const actor = project.liveActors.find(({ key }) => key === row.sessionKey);
    const platform = row.sessionKey.slice(0, row.sessionKey.indexOf(':'));
    const address = row.address ?? placeOf(project.context, row.sessionKey);
    const called = (name: string) =>
      this.deps.queries.preference(row.project, nameScope(row.sessionKey), name);
    return {
      id: row.id,
      project: project.context.name,
      sessionKey: row.sessionKey,
      platform,
      name: row.name ?? undefined,
      user: address?.user,
      chat: address?.chat,
      userName: called('user'),
      chatName: called('chat'),
      messages: this.deps.queries.historyCount(row.id),
      lastActivity: Math.max(row.updatedAt, row.lastUserAt),
      active: row.active,
      busy: row.active && actor !== undefined && (actor.turn !== undefined || actor.waiting.length > 0),
    };
  }
}

async function agentFindings(
  project: string,
  { name, agent, problem }: RosterMember,
  signal: AbortSignal,
): Promise<DoctorFinding[]> {
  const area = `agent ${name} of ${project}`;
  if (agent) return guarded(area, agent.check(signal));
  return [{ area, level: 'error', what: problem ?? '', fix: 'mend the config, then cc-connect reload' }];
}
