import { AppError } from '../../../src/core/errors.ts';
import type { Log } from '../../../src/core/platform.ts';
import type {
  ClientFrame,
  TerminalAttachment,
  TerminalClient,
} from '../../../src/platforms/terminal/frames.ts';
import type {
  AttachTarget,
  AuditQuery,
  DaemonStatus,
  LocalBackend,
  Pairing,
  RoutesQuery,
  RoutesReport,
  SendRequest,
  SessionDetail,
} from '../../../src/servers/local/backend.ts';

export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quietLog };

const notFound = (what: string): AppError =>
  new AppError('not_found', `${what} is not known`, { kind: 'not_found' });

export const sampleSession: SessionDetail = {
  id: 's1',
  project: 'demo',
  sessionKey: 'telegram:1:2',
  platform: 'telegram',
  user: 'Ada',
  messages: 2,
  lastActivity: 1_000,
  active: true,
  busy: false,
  agent: 'demo',
  workDir: '/tmp',
  history: [
    { role: 'user', text: 'hello', at: 1_000 },
    { role: 'assistant', text: 'hi', at: 1_001 },
  ],
};

/** A backend that remembers what it was asked and answers from fixed data. */
export class FakeBackend implements LocalBackend {
  readonly sent: SendRequest[] = [];
  readonly stopped: string[] = [];
  readonly frames: ClientFrame[] = [];
  readonly attachedTo: AttachTarget[] = [];
  readonly clients: TerminalClient[] = [];
  closed = 0;
  pairingList: Pairing[] = [
    {
      id: 'p1',
      project: 'demo',
      platform: 'telegram',
      userId: '7',
      state: 'pending',
      code: 'ABCD2345',
      since: 1,
    },
  ];
  routesAsked: RoutesQuery | undefined;
  routesReport: RoutesReport = { live: true, accounts: [] };
  /** Lets a test look at files while they exist. */
  onSend: (request: SendRequest) => Promise<void> = async () => {};
  onFrame: (frame: ClientFrame, client: TerminalClient) => void = () => {};

  async send(request: SendRequest) {
    this.sent.push(request);
    await this.onSend(request);
    if (request.project === 'nobody') throw notFound('project "nobody"');
    return { project: request.project ?? 'demo', sessionKey: request.session ?? 'telegram:1:2' };
  }
  async sessions() {
    return [sampleSession];
  }
  async session({ id }: { id: string }) {
    if (id !== 's1') throw notFound(`session "${id}"`);
    return sampleSession;
  }
  async agentSid({ session }: { session?: string }) {
    return session === 'none' ? undefined : 'native-1';
  }
  async status(): Promise<DaemonStatus> {
    return {
      version: '0.0.0',
      pid: process.pid,
      startedAt: 1,
      configFile: '/c.toml',
      dataDir: '/d',
      projects: [
        {
          name: 'demo',
          agent: 'demo',
          platforms: [
            { type: 'telegram', account: 'telegram:9', state: 'ready', replaced: 0, sharedWith: [] },
          ],
        },
      ],
      turnsRunning: 0,
      inputsQueued: 0,
      approvalsOpen: 0,
      outboxWaiting: 0,
      deadLetters: 0,
      inactiveFeatures: ['cron'],
    };
  }
  async routes(query: RoutesQuery): Promise<RoutesReport> {
    this.routesAsked = query;
    return this.routesReport;
  }

  async trace(id: string) {
    if (id !== 'm1') throw notFound(`"${id}"`);
    return { id, entries: [{ at: 1, what: 'input', detail: 'hello' }] };
  }
  auditAsked: AuditQuery | undefined;
  async audit(query: AuditQuery) {
    this.auditAsked = query;
    return [{ at: 1, project: 'demo', actor: '7', action: 'access.refused', detail: 'telegram:9 message' }];
  }
  async reload() {
    return { applied: ['language'], notes: [] };
  }
  async pairings() {
    return this.pairingList;
  }
  async approvePairing(code: string): Promise<Pairing> {
    const found = this.pairingList.find((pairing) => pairing.code === code.toUpperCase());
    if (!found) throw notFound(`pairing code ${code}`);
    return { ...found, state: 'approved' };
  }
  async revokePairing(id: string): Promise<Pairing> {
    const found = this.pairingList.find((pairing) => pairing.id === id);
    if (!found) throw notFound(`pairing ${id}`);
    return { ...found, state: 'revoked' };
  }
  async doctor() {
    return [{ area: 'agent', level: 'ok' as const, what: 'demo 1.0' }];
  }
  async attach(client: TerminalClient, where: AttachTarget): Promise<TerminalAttachment> {
    if (where.project === 'nobody') throw notFound('project "nobody"');
    this.attachedTo.push(where);
    this.clients.push(client);
    client.send({
      t: 'hello',
      project: 'demo',
      session: where.session ?? 'default',
      sessionKey: `terminal:${where.session ?? 'default'}`,
      commands: [
        { name: 'new', description: 'start over' },
        { name: 'stop', description: 'stop the turn' },
      ],
    });
    return {
      frame: (frame) => {
        this.frames.push(frame);
        this.onFrame(frame, client);
      },
      closed: () => {
        this.closed += 1;
      },
    };
  }
  shutdown(reason: string) {
    this.stopped.push(reason);
  }
}
