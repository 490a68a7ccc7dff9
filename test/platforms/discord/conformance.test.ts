import { platformConformance } from '../../conformance/platform.ts';
import { discordWorld } from './world.ts';

platformConformance({ name: 'discord', setup: () => discordWorld() });
