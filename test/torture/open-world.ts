import type { Dice } from './dice.ts';
import type { PlatformName, World } from './world.ts';
import { DiscordWorld } from './worlds/discord.ts';
import { FeishuWorld } from './worlds/feishu.ts';
import { SlackWorld } from './worlds/slack.ts';
import { TelegramWorld } from './worlds/telegram.ts';
import { WeixinWorld } from './worlds/weixin.ts';

const starts: Readonly<Record<PlatformName, (number: number, dice: Dice) => Promise<World>>> = {
  telegram: TelegramWorld.start,
  feishu: FeishuWorld.start,
  slack: SlackWorld.start,
  discord: DiscordWorld.start,
  weixin: WeixinWorld.start,
};

/** Starts a platform; its people have this number and the next. */
export function openWorld(name: PlatformName, number: number, dice: Dice): Promise<World> {
  return starts[name](number, dice);
}
