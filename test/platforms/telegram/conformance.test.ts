import { platformConformance } from '../../conformance/platform.ts';
import { telegramWorld } from './world.ts';

platformConformance({ name: 'telegram', setup: () => telegramWorld() });
platformConformance({ name: 'telegram without drafts', setup: () => telegramWorld({ drafts: false }) });
