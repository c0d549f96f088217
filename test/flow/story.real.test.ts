import { openRealStage } from './real-stage.ts';
import { describeStory } from './story.ts';

describeStory('the story on real parts', openRealStage, 120_000);
