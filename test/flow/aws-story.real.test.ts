import { openAwsStage } from './aws-stage.ts';
import { describeStory } from './story.ts';

const TIMEOUT_MILLIS = 180_000;

describeStory('the story on a stack that serverless deploy made', openAwsStage, TIMEOUT_MILLIS);
