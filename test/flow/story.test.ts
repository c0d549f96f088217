import { openLocalStage } from './local-stage.ts';
import { describeStory } from './story.ts';

describeStory('the story on the parts of the demo', openLocalStage, 60_000);
