import type { Command } from '../command-table.ts';
import { tokenSetup } from './token-setup.ts';

/** `cc-connect telegram setup`. */
export const telegram: Command = (argv, io) => tokenSetup('telegram', argv, io);

/** `cc-connect slack setup|manifest`. */
export const slack: Command = (argv, io) => tokenSetup('slack', argv, io);

/** `cc-connect discord setup`. */
export const discord: Command = (argv, io) => tokenSetup('discord', argv, io);
