import { platformConformance } from '../../conformance/platform.ts';
import { weixinWorld } from './world.ts';

platformConformance({ name: 'weixin', setup: () => weixinWorld() });
