import type { MenuEntry } from '../../core/platform.ts';
import { events, neededScopes, niceScopes } from './scopes.ts';

export interface ManifestSettings {
  /** Name of the app and the bot, at most 35 characters. @default "cc-connect" */
  readonly name?: string;
  /** One slash command each, beside `/cc`; names the service keeps for itself are left out. */
  readonly commands?: readonly MenuEntry[];
}

/** Commands of the service itself: an app cannot have these. */
const taken: ReadonlySet<string> = new Set(
  'help status me shrug who leave join invite remind search mute archive dnd topic msg dm call apps feed'.split(
    ' ',
  ),
);
/** Most slash commands of one app. */
const MOST = 50;

/** An app manifest as https://api.slack.com/apps takes it ("From a manifest", JSON): scopes, events, commands, Socket Mode. */
export function slackManifest(settings: ManifestSettings = {}): object {
  const name = [...(settings.name?.trim() || 'cc-connect')].slice(0, 35).join('');
  const commands = (settings.commands ?? [])
    .filter((entry) => /^[a-z0-9_-]{1,31}$/.test(entry.name) && !taken.has(entry.name) && entry.name !== 'cc')
    .slice(0, MOST - 1)
    .map((entry) => slashCommand(entry.name, entry.description, '[arguments]'));
  return {
    display_information: {
      name,
      description: 'Talk to the coding agents on your machine',
      background_color: '#1f2937',
    },
    features: {
      app_home: {
        home_tab_enabled: false,
        messages_tab_enabled: true,
        messages_tab_read_only_tab_enabled: false,
      },
      bot_user: { display_name: name, always_online: true },
      assistant_view: {
        assistant_description: 'Talk to the coding agents on your machine',
        suggested_prompts: [],
      },
      slash_commands: [
        slashCommand('cc', 'Any command: /cc new, /cc stop, /cc help', '[command]'),
        ...commands,
      ],
    },
    oauth_config: {
      scopes: { bot: [...Object.keys(neededScopes), ...Object.keys(niceScopes)].sort() },
    },
    settings: {
      event_subscriptions: { bot_events: [...events] },
      interactivity: { is_enabled: true },
      org_deploy_enabled: false,
      socket_mode_enabled: true,
      token_rotation_enabled: false,
    },
  };
}

function slashCommand(name: string, description: string, hint: string): object {
  const words = [...(description.trim() || name)].slice(0, 2000).join('');
  return { command: `/${name}`, description: words, usage_hint: hint, should_escape: true };
}
