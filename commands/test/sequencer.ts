import { BaseSequencer, type TestSpecification } from "vitest/node";
import { filesAtOnce, inOrder, type TestFile } from "./file-order.ts";

/** Orders the files of a run of everything (file-order.ts); parts of it keep vitest's own order. */
export class Sequencer extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    if (filesAtOnce() === undefined) return await super.sort(specifications);
    const files = specifications.map((specification) => ({
      ...this.#describe(specification),
      specification,
    }));
    return inOrder(files, filesAtOnce() ?? 1).map(({ specification }) => specification);
  }

  #describe(specification: TestSpecification): TestFile {
    const { project, moduleId } = specification;
    return {
      project: project.name,
      path: moduleId,
      sharesWorker: project.config.isolate === false,
      lastMilliseconds: this.ctx.cache.getTestSpecificationResult(specification)?.duration,
    };
  }
}
