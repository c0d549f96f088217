import { openInstalledStage } from './installed-stage.ts';
import { describeStory } from './story.ts';

describeStory('the story with what sluice install made of a cluster', openInstalledStage, 60_000);
